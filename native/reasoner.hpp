// Inference of the pair in zeroloop/networks/reasoners.py: an HRM that points at actions, a TRM that gives a value.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "reasoner_kernels.hpp"

namespace zeroloop {

// Floats from the start of a cache line on; zero at first.
class Floats {
  public:
    explicit Floats(size_t size = 0) : kept_(size + kLine) {}
    float* data() {
        const uintptr_t mask = kLine * sizeof(float) - 1, at = reinterpret_cast<uintptr_t>(kept_.data());
        return reinterpret_cast<float*>((at + mask) & ~mask);
    }
    size_t size() const { return kept_.size() - kLine; }

    Floats(Floats&&) = default;
    Floats& operator=(Floats&&) = default;

  private:
    static constexpr size_t kLine = 16;
    std::vector<float> kept_;
};

// A weight float32 [rows, columns]; see `weights` in zeroloop/evaluators/native_reasoner.py for their names.
struct Weight {
    const float* data;
    int rows, columns;
};
using Weights = std::map<std::string, Weight>;

// The weights of one agent as the kernels read them.
class ReasonerAgent {
  public:
    // Throws std::invalid_argument where a weight is missing or has another shape than the others ask for.
    ReasonerAgent(const Weights& weights, int head_dim, int h_cycles, int l_cycles, bool local);
    ReasonerAgent(const ReasonerAgent&) = delete;

    const Agent& agent() const { return agent_; }
    const float* embedding(int symbol) const { return embedding_ + symbol * agent_.l_dim; }
    const float* prefix(int place) const { return prefix_ + place * agent_.l_dim; }
    const float* h_init() const { return h_init_; }
    const float* l_init() const { return l_init_; }
    float halt_logit(const Chunk& chunk, const Row& row) const;
    // Cosines and sines [head_dim / 4] of the angles of one axis at `coordinate`.
    void turn(int coordinate, float* cos, float* sin) const;

  private:
    class Reader;

    Agent agent_{};
    std::vector<Floats> kept_;
    std::vector<BlockWeights> low_, high_;
    std::vector<float> frequencies_;
    const float *embedding_, *prefix_, *h_init_, *l_init_, *halt_;
    float halt_bias_;
};

class NativeReasoners {
  public:
    // An agent may be missing: its answers are 0. instructions: one of `instruction_sets`, empty for the best.
    NativeReasoners(std::shared_ptr<const ReasonerAgent> policy, std::shared_ptr<const ReasonerAgent> value,
                    int num_tokens, int num_actions, const std::string& instructions);

    // The names of those that this machine has, the best first.
    static std::vector<std::string> instruction_sets();

    int num_actions() const { return num_actions_; }
    int observation_size() const { return 3 * num_tokens_ + kActionSize * num_actions_; }
    // Policy logits [rows][num_actions], 0 where illegal, and values [rows] of observations [rows][observation_size],
    // after at most budgets [rows] segments. Calls from several threads take turns.
    // Throws std::invalid_argument for an observation that no observer makes.
    void evaluate(const int16_t* observations, const int32_t* budgets, int rows, bool halting, float* policy,
                  float* values);

  private:
    struct Batch;
    int checked_length(const int16_t* observation, int vocabulary) const;
    void think(const ReasonerAgent& weights, const Batch& batch, int first, int last);
    Chunk start(const ReasonerAgent& weights, const Batch& batch, int first, int last);
    void answer(const ReasonerAgent& weights, const Chunk& chunk, const Row& row, const Batch& batch);

    std::shared_ptr<const ReasonerAgent> policy_, value_;
    int num_tokens_, num_actions_;
    const Kernels* kernels_ = nullptr;
    std::mutex mutex_;
    Floats workspace_;
    std::vector<Row> rows_;
};

}  // namespace zeroloop
