// Training of one agent of a pair of reasoners: a forward pass that keeps what the backward pass reads.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "reasoner.hpp"

namespace zeroloop {

// Keeps no state beyond itself and its agent, so that threads may train different agents at once.
class ReasonerTraining {
  public:
    // agent: packed for training, and used for nothing else. memory: of this pass alone until backward is over; it may
    // serve others then, as fresh pages take about a tenth of the time. observations: copied.
    // Throws std::invalid_argument for an observation that no observer makes.
    ReasonerTraining(std::shared_ptr<ReasonerAgent> agent, std::shared_ptr<Floats> memory, const TokenRows& layout,
                     const int16_t* observations, int rows, int segments, const std::string& instructions);
    ~ReasonerTraining();

    const ReasonerAgent& agent() const { return *agent_; }
    int segments() const { return segments_; }
    int rows() const { return static_cast<int>(lengths_.size()); }
    int outputs() const;
    // Answers [segments][rows][outputs], of which only those of legal actions are written, and halt logits
    // [segments][rows].
    void forward(float* answers, float* halts);
    // Adds to the gradients of the agent, from those of answers and halt logits.
    void backward(const float* answers, const float* halts);

  private:
    struct Kept;
    void prepare(int first, int last, Pieces& pieces);
    void back(Kept& kept, const float* answers, const float* halts);

    std::shared_ptr<ReasonerAgent> agent_;
    std::shared_ptr<Floats> memory_;
    TokenRows layout_;
    std::vector<int16_t> observations_;
    std::vector<int> lengths_;
    int segments_;
    const Kernels& kernels_;
    std::vector<Kept> kept_;
    Floats scratch_;
};

}  // namespace zeroloop
