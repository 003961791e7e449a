// The pair in zeroloop/networks/reasoners.py, an HRM that points at actions and a TRM that gives a value: inference,
// and what training shares with it.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "reasoner_kernels.hpp"

namespace zeroloop {

// Floats from the start of a cache line on; of any value at first, as filling megabytes with zeros takes its time.
class Floats {
  public:
    explicit Floats(size_t size = 0) : size_(size), kept_(new float[size + kLine]) {}
    float* data() {
        const uintptr_t mask = kLine * sizeof(float) - 1, at = reinterpret_cast<uintptr_t>(kept_.get());
        return reinterpret_cast<float*>((at + mask) & ~mask);
    }
    size_t size() const { return size_; }

  private:
    static constexpr size_t kLine = 16;
    size_t size_;
    std::unique_ptr<float[]> kept_;
};

size_t padded(size_t size);

// Throws std::invalid_argument unless `condition` holds.
void require(bool condition, const char* message);

// A weight float32 [rows, columns]; see `weights` in zeroloop/networks/_native_reasoner.py for their names.
struct Weight {
    const float* data;
    int rows, columns;
};
using Weights = std::map<std::string, Weight>;

// The weights of one agent as the kernels read them, and for training their gradients.
class ReasonerAgent {
  public:
    // axes: 2 where attention turns by the row and the column of each token, 1 where by its place among all.
    // through: see Agent; 0 for inference. Throws std::invalid_argument where a weight is missing or has another shape
    // than the others ask for.
    ReasonerAgent(const Weights& weights, int head_dim, int h_cycles, int l_cycles, int axes, bool local, int through);
    ReasonerAgent(const ReasonerAgent&) = delete;

    const Agent& agent() const { return agent_; }
    const Learned& embedding() const { return embedding_; }
    const Learned& prefix() const { return prefix_; }
    const Learned& halt() const { return halt_; }
    const Learned& halt_bias() const { return halt_bias_; }
    const float* h_init() const { return h_init_; }
    const float* l_init() const { return l_init_; }
    float halt_logit(const Chunk& chunk, const Row& row) const;
    // Gradients by the names of weights, [rows][columns padded to kWidest]; h_init and l_init have none.
    const Weights& gradients() const { return gradients_; }
    int axes() const { return axes_; }
    // Cosines and sines [head_dim / 2 / axes] of the angles of one axis at `coordinate`.
    void turn(int coordinate, float* cos, float* sin) const;

  private:
    class Reader;

    Agent agent_{};
    int axes_;
    std::vector<Floats> kept_;
    Weights gradients_;
    std::vector<BlockWeights> low_, high_;
    std::vector<float> frequencies_;
    const float *h_init_, *l_init_;
    Learned embedding_, prefix_, halt_, halt_bias_;
};

// Observations int16 [rows][size], see TokensObserver in zeroloop/observers.py.
struct TokenRows {
    int num_tokens, num_actions;

    int size() const { return 3 * num_tokens + kActionSize * num_actions; }
    // Tokens of each row, without a prefix. Throws std::invalid_argument for an observation that no observer makes.
    std::vector<int> checked_lengths(const int16_t* observations, int rows, int vocabulary) const;
    const int16_t* actions(const int16_t* observation) const { return observation + 3 * num_tokens; }
};

// Pieces of one block of memory, each of whole cache lines: name them, then cut.
class Pieces {
  public:
    void add(float*& place, size_t size) { pieces_.emplace_back(&place, size); }
    // `workspace` grows where it is too small.
    void cut(Floats& workspace);

  private:
    std::vector<std::pair<float**, size_t>> pieces_;
};

// A chunk of rows in their first states. longest: the most tokens of one.
struct Start {
    std::vector<Row> rows;
    Chunk chunk;
    int longest;
};

// use(first, last) for ranges of rows that go through the network together.
template <typename Use>
void each_chunk(const Agent& agent, const std::vector<int>& lengths, Use use) {
    constexpr int kChunk = 192;  // tokens: their activations stay in the second cache
    const int rows = static_cast<int>(lengths.size());
    for (int first = 0, last; first < rows; first = last) {
        int tokens = 0;
        for (last = first; last < rows; ++last) {
            tokens += agent.prefix + lengths[last];
            if (tokens > kChunk && last > first) break;
        }
        use(first, last);
    }
}

// Rows from `first` up to `last` in their first states, which lie in `states`, with their positions and inputs.
Start start(const ReasonerAgent& weights, const TokenRows& layout, const int16_t* observations,
            const std::vector<int>& lengths, int first, int last, Floats& states);
// Names the scratch of a chunk.
void add_scratch(const Agent& agent, Start& start, Pieces& pieces);

// The kernels of one of `instruction_sets`, empty for the best. Throws std::invalid_argument for others.
const Kernels& find_kernels(const std::string& name);
// The names of those that this machine has, the best first.
std::vector<std::string> instruction_sets();

class NativeReasoners {
  public:
    // An agent may be missing: its answers are 0.
    NativeReasoners(std::shared_ptr<const ReasonerAgent> policy, std::shared_ptr<const ReasonerAgent> value,
                    int num_tokens, int num_actions, const std::string& instructions);

    const TokenRows& layout() const { return layout_; }
    // Policy logits [rows][num_actions], 0 where illegal, and values [rows] of observations, after at most budgets
    // [rows] segments. Calls from several threads take turns.
    // Throws std::invalid_argument for an observation that no observer makes.
    void evaluate(const int16_t* observations, const int32_t* budgets, int rows, bool halting, float* policy,
                  float* values);

  private:
    struct Batch;
    void think(const ReasonerAgent& weights, const Batch& batch, int first, int last);
    void answer(const ReasonerAgent& weights, const Chunk& chunk, const Row& row, const Batch& batch);

    std::shared_ptr<const ReasonerAgent> policy_, value_;
    TokenRows layout_;
    const Kernels& kernels_;
    std::mutex mutex_;
    Floats states_, scratch_;
};

}  // namespace zeroloop
