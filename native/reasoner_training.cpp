#include "reasoner_training.hpp"

#include <algorithm>

namespace zeroloop {

// A chunk of rows, with what each segment leaves.
struct ReasonerTraining::Kept {
    Start started;
    std::vector<BlockPass> blocks;      // of all segments
    std::vector<SegmentPass> segments;  // which point to them
    Floats states;
};

ReasonerTraining::ReasonerTraining(std::shared_ptr<ReasonerAgent> agent, std::shared_ptr<Floats> memory,
                                   const TokenRows& layout, const int16_t* observations, int rows, int segments,
                                   const std::string& instructions)
    : agent_(std::move(agent)),
      memory_(std::move(memory)),
      layout_(layout),
      observations_(observations, observations + static_cast<size_t>(rows) * layout.size()),
      lengths_(layout.checked_lengths(observations, rows, agent_->agent().vocabulary)),
      segments_(segments),
      kernels_(find_kernels(instructions)) {
    require(agent_->agent().through > 0, "agent: it is not packed for training");
    require(segments >= 1, "segments must be at least 1");
}

ReasonerTraining::~ReasonerTraining() = default;

int ReasonerTraining::outputs() const {
    return agent_->agent().points ? layout_.num_actions : agent_->agent().value.outputs;
}

// Adds a chunk, whose passes are named but have no memory yet.
void ReasonerTraining::prepare(int first, int last, Pieces& pieces) {
    const Agent& agent = agent_->agent();
    Kept& kept = kept_.emplace_back();
    kept.started = start(*agent_, layout_, observations_.data(), lengths_, first, last, kept.states);
    const size_t stride = kept.started.chunk.stride;
    const int low = agent.through * agent.low.count, blocks = low + agent.high.count;
    kept.blocks.resize(segments_ * blocks), kept.segments.resize(segments_);
    for (int segment = 0; segment < segments_; ++segment) {
        SegmentPass& pass = kept.segments[segment];
        pass.blocks = kept.blocks.data() + segment * blocks;
        if (agent.down.weights) pieces.add(pass.z_h, agent.h_dim * stride);
        for (int index = 0; index < blocks; ++index) {
            BlockPass& block = pass.blocks[index];
            const Stack& stack = index < low ? agent.low : agent.high;
            const size_t dim = stack.dim, place = index < low ? index % stack.count : index - low;
            pieces.add(block.qkv, 3 * dim * stride);
            pieces.add(block.gates, stack.blocks[place].gate_up.outputs * stride);
            for (float** each : {&block.in, &block.mixed, &block.middle, &block.out}) pieces.add(*each, dim * stride);
            pieces.add(block.scales, 2 * stride), pieces.add(block.powers, 2 * dim / agent.head_dim * stride);
        }
    }
}

void ReasonerTraining::forward(float* answers, float* halts) {
    const Agent& agent = agent_->agent();
    require(kept_.empty(), "forward: this pass was made already");
    Pieces passes;
    each_chunk(agent, lengths_, [&](int first, int last) { prepare(first, last, passes); });
    passes.cut(*memory_);
    for (Kept& kept : kept_) {
        Chunk& chunk = kept.started.chunk;
        Pieces pieces;
        add_scratch(agent, kept.started, pieces);
        pieces.cut(scratch_);
        for (int segment = 0; segment < segments_; ++segment) {
            kernels_.segment(agent, chunk, &kept.segments[segment]);
            for (const Row& row : kept.started.rows) {
                const size_t place = static_cast<size_t>(segment) * rows() + row.index;
                kernels_.head(agent, chunk, row, layout_.num_actions, answers + place * outputs());
                halts[place] = agent_->halt_logit(chunk, row);
            }
        }
    }
}

void ReasonerTraining::backward(const float* answers, const float* halts) {
    require(kept_.empty() == lengths_.empty(), "backward: forward comes first, once for each");
    for (Kept& kept : kept_) back(kept, answers, halts);
    kept_.clear();
}

void ReasonerTraining::back(Kept& kept, const float* answers, const float* halts) {
    const Agent& agent = agent_->agent();
    Chunk& chunk = kept.started.chunk;
    const size_t stride = chunk.stride, h = agent.h_dim, l = agent.l_dim, dim = std::max(h, l);
    const size_t width = agent.h_padded, longest = kept.started.longest, columns = std::max<size_t>(dim, agent.inner);
    Back back{};
    Pieces pieces;
    add_scratch(agent, kept.started, pieces);
    pieces.add(back.z_h, h * stride), pieces.add(back.z_l, l * stride), pieces.add(back.x, l * stride);
    pieces.add(back.sum, dim * stride), pieces.add(back.mixed, dim * stride), pieces.add(back.qkv, 3 * dim * stride);
    pieces.add(back.hidden, agent.inner * stride);
    pieces.add(back.columns, std::max(stride * (padded(columns) | kWidest), 2 * longest * width));
    pieces.add(back.scores, 2 * longest * kPanelTokens), pieces.add(back.transposed, padded(longest) * padded(longest));
    pieces.add(back.deltas, padded(longest));
    pieces.add(back.about, longest * kAnchors * width), pieces.add(back.vectors, 2 * width);
    pieces.cut(scratch_);

    const Learned &halt = agent_->halt(), &embedding = agent_->embedding(), &prefix = agent_->prefix();
    for (int segment = 0; segment < segments_; ++segment) {
        const SegmentPass& pass = kept.segments[segment];
        chunk.z_h = pass.blocks[agent.through * agent.low.count + agent.high.count - 1].out;
        for (const Row& row : kept.started.rows) {
            const size_t place = static_cast<size_t>(segment) * rows() + row.index;
            kernels_.back_head(agent, chunk, row, layout_.num_actions, answers + place * outputs(), back);
            *agent_->halt_bias().gradient += halts[place];
            for (int f = 0; f < agent.h_dim; ++f) {
                const size_t first = f * stride + row.begin;
                halt.gradient[f] += halts[place] * chunk.z_h[first];
                back.z_h[first] += halts[place] * halt.weights[f];
            }
        }
        kernels_.back_segment(agent, chunk, pass, back);
        for (const Row& row : kept.started.rows) {
            const int16_t* observation = observations_.data() + static_cast<size_t>(row.index) * layout_.size();
            for (int token = 0; token < row.tokens; ++token) {
                const int shown = token - agent.prefix;
                float* to = shown < 0 ? prefix.gradient + token * padded(l)
                                      : embedding.gradient + observation[3 * shown] * padded(l);
                for (size_t f = 0; f < l; ++f) to[f] += back.x[f * stride + row.begin + token];
            }
        }
    }
}

}  // namespace zeroloop
