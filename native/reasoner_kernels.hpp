// What the kernels of reasoners share with their caller: plain numbers and pointers, so that one source can be compiled
// for several instruction sets without a function that the linker might take from the wrong one.
//
// Activations are stored [feature][token]. Vectors then hold one feature of several tokens, and every step of the
// network is vertical: matrix products broadcast the weights, norms and softmax add rows up, attention needs no
// transposed copies. Rows of any number of tokens follow each other without gaps; what vectors compute beyond the end
// of a row belongs to the next one, which overwrites it, or to slack. Heads work on one row, in vectors of features.
#pragma once
#include <cstdint>

namespace zeroloop {

constexpr int kActionTokens = 6, kAnchors = 2;  // ACTION_TOKENS and ANCHORS in zeroloop/observers.py
constexpr int kActionSize = kActionTokens + kAnchors;
constexpr int kGroup = 4;    // outputs of a matrix that are computed together; widths are multiples of it
constexpr int kWidest = 16;  // floats in the largest vector; feature vectors are padded with zeros to a multiple
constexpr int kPanelTokens = 3 * kWidest;  // in the largest panel, see reasoner_kernels.inc

// What only training uses, of all weights: gradients, [rows][columns padded to kWidest], to which backward passes add.
// They are null elsewhere, and so are weights in a layout for backward passes.

// Weights in groups of outputs, [outputs / kGroup][inputs][kGroup]: a product reads them from front to back.
struct Matrix {
    const float* weights;
    int outputs, inputs;
    const float* transposed;  // [inputs / kGroup][outputs][kGroup]
    float* gradient;
};

// Weights that are read in vectors.
struct Learned {
    const float* weights;
    float* gradient;
};

// A matrix whose outputs are vectors of features, in parts: weights [inputs][parts * h].
struct Features {
    const float* weights;
    const float* rows;  // [parts * width of H][h]: each output's
    float* gradient;
};

// qkv: outputs in the order that `rotate` in reasoner_kernels.inc wants. gate_up: groups of two gates and their ups.
struct BlockWeights {
    Matrix qkv, output, gate_up, down;
};

struct Stack {
    const BlockWeights* blocks;
    int count, dim;
};

// A head's view of actions, from ActionStates in zeroloop/networks/_heads.py. `h` is the padded width of z_h.
struct ActionWeights {
    Learned words;         // [kActionTokens * vocabulary][h]: each symbol at each place
    Features anchors;      // kAnchors parts
    Learned anchors_bias;  // [kAnchors][h]
};

struct PolicyHead {
    Features query;
    Learned kinds;  // [vocabulary]
};

struct ValueHead {
    Features first;
    Learned first_bias, gate, gate_bias, output, output_bias;  // [h], [h], [1], [outputs][h], [outputs]
    int outputs;
};

struct Agent {
    int h_dim, l_dim, h_padded, head_dim, h_cycles, l_cycles, vocabulary, prefix, inner;  // inner: the largest
    int through;         // updates of z_l, the last ones, that a segment's gradient goes through; 0: no training
    bool local, points;  // points: it has a policy head, else a value head
    Stack low, high;
    Matrix down, up;  // without weights where h_dim == l_dim
    ActionWeights actions;
    PolicyHead policy;
    ValueHead value;
};

struct Row {
    int begin, tokens;        // with the prefix
    const float* distances;   // [tokens][tokens, rounded up to kWidest]; null where attention is not local
    const int16_t* actions;   // [num_actions][kActionSize]
    int index;                // of the whole batch
};

// What a pass through a block leaves. Arrays are [features][stride].
struct BlockPass {
    float *qkv, *mixed;
    // For the way back only, else null:
    float *in, *middle, *gates, *out;  // middle: between attention and SwiGLU; gates: what gate_up gives
    float* scales;                     // [2][stride] what the norms multiplied by
    float* powers;                     // [2][heads][stride] of softmax: the greatest score, one over the sum
};

// What the part of a segment that has a gradient leaves.
struct SegmentPass {
    BlockPass* blocks;  // of `through` updates of z_l, then of one of z_h
    float* z_h;         // before this part; null where backward does not need it
};

// Rows that go through the network together. Arrays of activations are [features][stride].
struct Chunk {
    Row* rows;
    int num_rows, tokens, stride;
    float *x, *z_l, *z_h, *cos, *sin;
    // Scratch of blocks, panels, attention and heads:
    BlockPass block;
    float *panel, *hidden, *scores, *about, *vectors;
};

// Gradients of activations, [features][stride], and other scratch of the way back.
struct Back {
    float *z_h, *z_l, *x;                  // z_h: that of a segment's answers at first. x: of one segment
    float *sum, *mixed, *qkv, *hidden;     // of one block; hidden: the activation itself
    float *columns;                        // activations as [token][features]
    float *scores, *transposed, *deltas;   // of attention
    float *about, *vectors;                // of heads
};

struct Kernels {
    const char* name;
    // One segment: the next z_l and z_h; pass: what to keep, or null.
    void (*segment)(const Agent& agent, const Chunk& chunk, const SegmentPass* pass);
    // The head of one row: logits of its legal actions into answers [num_actions], or value logits [outputs].
    void (*head)(const Agent& agent, const Chunk& chunk, const Row& row, int num_actions, float* answers);
    // From back.z_h to back.x and the gradients of all weights between them.
    void (*back_segment)(const Agent& agent, const Chunk& chunk, const SegmentPass& pass, const Back& back);
    // From the gradients of a row's answers to back.z_h and the gradients of the head; chunk.z_h: as the head saw it.
    void (*back_head)(const Agent& agent, const Chunk& chunk, const Row& row, int num_actions, const float* answers,
                      const Back& back);
};

// Null where this binary has none; whether the processor has the instructions is for the caller to ask.
const Kernels* baseline_kernels();
const Kernels* avx2_kernels();
const Kernels* avx512_kernels();

}  // namespace zeroloop
