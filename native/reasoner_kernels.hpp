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

// Weights in groups of outputs, [outputs / kGroup][inputs][kGroup]: a product reads them from front to back.
struct Matrix {
    const float* weights;
    int outputs, inputs;
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
    const float* words;         // [kActionTokens * vocabulary][h]: each symbol at each place
    const float* anchors;       // [width of H][kAnchors * h]
    const float* anchors_bias;  // [kAnchors * h]
};

struct PolicyHead {
    const float* query;  // [width of H][h]
    const float* kinds;  // [vocabulary]
};

struct ValueHead {
    const float* first;  // [width of H][h]
    const float* first_bias;
    const float* gate;  // [h]
    float gate_bias;
    const float* output;  // [outputs][h]
    const float* output_bias;
    int outputs;
};

struct Agent {
    int h_dim, l_dim, h_padded, head_dim, h_cycles, l_cycles, vocabulary, prefix, inner;  // inner: the largest
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

// Rows that go through the network together. Arrays of activations are [features][stride].
struct Chunk {
    Row* rows;
    int num_rows, tokens, stride;
    float *x, *z_l, *z_h, *qkv, *mixed, *cos, *sin;
    float *panel, *hidden, *scores, *about, *vectors;  // scratch of panels, attention and heads
};

struct Kernels {
    const char* name;
    // One segment: the next z_l and z_h.
    void (*segment)(const Agent& agent, const Chunk& chunk);
    // The head of one row: logits of its legal actions into answers [num_actions], or value logits [outputs].
    void (*head)(const Agent& agent, const Chunk& chunk, const Row& row, int num_actions, float* answers);
};

// Null where this binary has none; whether the processor has the instructions is for the caller to ask.
const Kernels* baseline_kernels();
const Kernels* avx2_kernels();
const Kernels* avx512_kernels();

}  // namespace zeroloop
