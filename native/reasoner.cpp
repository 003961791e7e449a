#include "reasoner.hpp"

#include <nanobind/stl/map.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "bindings.hpp"
#include "reasoner_training.hpp"

namespace zeroloop {
namespace {

constexpr float kRopeTheta = 10'000.0f;

std::string shape(size_t rows, size_t columns) {
    return "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
}

// Room for the tokens of a feature and what a vector may write beyond them; an odd number of cache lines, as multiples
// of many would share few sets of the cache.
int stride_for(int tokens) { return ((tokens + 2 * kWidest - 1) / kWidest | 1) * kWidest; }

// The expected return from value logits; `value_of` in zeroloop/networks.
float expected_return(const float* logits, int count) {
    const float top = *std::max_element(logits, logits + count);
    double weighted = 0, total = 0;
    for (int bin = 0; bin < count; ++bin) {
        const double power = std::exp(static_cast<double>(logits[bin] - top));
        const double worth = count == 3 ? 1 - bin : 2.0 * bin / (count - 1) - 1;
        weighted += power * worth, total += power;
    }
    return static_cast<float>(weighted / total);
}

}  // namespace

size_t padded(size_t size) { return (size + kWidest - 1) / kWidest * kWidest; }

void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

// ---- weights --------------------------------------------------------------------------------------------------------

// Takes named weights into the layouts of the kernels, checking their shapes.
class ReasonerAgent::Reader {
  public:
    Reader(const Weights& weights, ReasonerAgent& agent, bool training)
        : weights_(weights), agent_(agent), training_(training) {}

    bool has(const std::string& name) const { return weights_.count(name) > 0; }

    const Weight& get(const std::string& name) const {
        const auto found = weights_.find(name);
        if (found == weights_.end()) throw std::invalid_argument("weights: " + name + " is missing");
        return found->second;
    }

    const Weight& get(const std::string& name, int rows, int columns) const {
        const Weight& weight = get(name);
        if (weight.rows != rows || weight.columns != columns)
            throw std::invalid_argument("weights: " + name + " must be " + shape(rows, columns) + ", not " +
                                        shape(weight.rows, weight.columns));
        return weight;
    }

    // A copy with rows padded to kWidest.
    const float* rows(const Weight& weight) {
        const size_t width = padded(weight.columns);
        float* to = keep(weight.rows * width);
        for (int row = 0; row < weight.rows; ++row)
            std::copy_n(weight.data + row * weight.columns, weight.columns, to + row * width);
        return to;
    }

    Learned learned(const std::string& name, int rows, int columns) {
        const Weight& weight = get(name, rows, columns);
        return {this->rows(weight), gradient(name, weight)};
    }

    Features features(const std::string& name, int parts, int h) {
        const Weight& weight = get(name, parts * h, h);
        const size_t width = padded(h);
        float* to = keep(h * parts * width);
        for (int row = 0; row < weight.rows; ++row)
            for (int k = 0; k < h; ++k) to[(k * parts + row / h) * width + row % h] = weight.data[row * h + k];
        return {to, training_ ? rows(weight) : nullptr, gradient(name, weight)};
    }

    Matrix matrix(const std::string& name, int outputs, int inputs) {
        const Weight& weight = get(name, outputs, inputs);
        const size_t size = static_cast<size_t>(outputs) * inputs;
        float *to = keep(size), *back = training_ ? keep(size) : nullptr;
        for (int out = 0; out < outputs; ++out)
            for (int k = 0; k < inputs; ++k) {
                const float number = weight.data[out * inputs + k];
                to[(out / kGroup * inputs + k) * kGroup + out % kGroup] = number;
                if (back) back[(k / kGroup * outputs + out) * kGroup + k % kGroup] = number;
            }
        return {to, outputs, inputs, back, gradient(name, weight)};
    }

    // The blocks NAME.0, NAME.1, ... over states of `dim` features; inner: the largest size inside one, at least.
    std::vector<BlockWeights> stack(const std::string& name, int dim, int& inner) {
        std::vector<BlockWeights> blocks;
        while (has(name + "." + std::to_string(blocks.size()) + ".qkv")) {
            const std::string prefix = name + "." + std::to_string(blocks.size()) + ".";
            const int size = get(prefix + "down").columns;
            require(size % kGroup == 0, "weights: inner sizes must be multiples of 4");
            blocks.push_back({matrix(prefix + "qkv", 3 * dim, dim), matrix(prefix + "output", dim, dim),
                              matrix(prefix + "gate_up", 2 * size, dim), matrix(prefix + "down", dim, size)});
            inner = std::max(inner, size);
        }
        require(!blocks.empty(), "weights: a stack has no blocks");
        return blocks;
    }

  private:
    float* keep(size_t size) {
        agent_.kept_.emplace_back(size);
        float* found = agent_.kept_.back().data();
        std::fill_n(found, size, 0.0f);
        return found;
    }

    float* gradient(const std::string& name, const Weight& weight) {
        if (!training_) return nullptr;
        float* found = keep(weight.rows * padded(weight.columns));
        agent_.gradients_[name] = {found, weight.rows, weight.columns};
        return found;
    }

    const Weights& weights_;
    ReasonerAgent& agent_;
    bool training_;
};

ReasonerAgent::ReasonerAgent(const Weights& weights, int head_dim, int h_cycles, int l_cycles, int axes, bool local,
                             int through)
    : axes_(axes) {
    Reader reader(weights, *this, through > 0);
    Agent& agent = agent_;
    agent.head_dim = head_dim, agent.h_cycles = h_cycles, agent.l_cycles = l_cycles, agent.local = local;
    agent.through = through;
    const int h = agent.h_dim = reader.get("h_init").columns, l = agent.l_dim = reader.get("l_init").columns;
    agent.h_padded = static_cast<int>(padded(h));
    require(head_dim >= kGroup && head_dim % kGroup == 0 && std::min(h, l) > 0 && h % head_dim + l % head_dim == 0,
            "head_dim must be a multiple of 4 that divides the widths of both states");
    require(h_cycles >= 1 && l_cycles >= 1, "h_cycles and l_cycles must be at least 1");
    require(axes == 2 || (axes == 1 && !local), "axes must be 1 or 2, and 2 where attention is local");
    require(through >= 0 && through <= l_cycles, "through must be from 0 to l_cycles");
    agent.vocabulary = reader.get("embedding").rows, agent.prefix = reader.get("prefix").rows;

    h_init_ = reader.rows(reader.get("h_init", 1, h)), l_init_ = reader.rows(reader.get("l_init", 1, l));
    embedding_ = reader.learned("embedding", agent.vocabulary, l);
    prefix_ = reader.learned("prefix", agent.prefix, l);
    halt_ = reader.learned("halt.weight", 1, h), halt_bias_ = reader.learned("halt.bias", 1, 1);

    low_ = reader.stack("low", l, agent.inner);
    agent.low = agent.high = {low_.data(), static_cast<int>(low_.size()), l};
    if (reader.has("high.0.qkv")) {
        high_ = reader.stack("high", h, agent.inner);
        agent.high = {high_.data(), static_cast<int>(high_.size()), h};
    }
    if (h != l) agent.down = reader.matrix("down", l, h), agent.up = reader.matrix("up", h, l);
    require(agent.high.dim == h, "weights: a stack of its own must lead to h_init's width");

    agent.actions.words = reader.learned("words", kActionTokens * agent.vocabulary, h);
    agent.actions.anchors = reader.features("anchors.weight", kAnchors, h);
    agent.actions.anchors_bias = reader.learned("anchors.bias", kAnchors, h);
    if ((agent.points = reader.has("query"))) {
        agent.policy.query = reader.features("query", 1, h);
        agent.policy.kinds = reader.learned("kinds", 1, agent.vocabulary);
    } else {
        ValueHead& value = agent.value;
        value.outputs = reader.get("output.weight").rows;
        value.first = reader.features("first.weight", 1, h), value.first_bias = reader.learned("first.bias", 1, h);
        value.gate = reader.learned("gate.weight", 1, h), value.gate_bias = reader.learned("gate.bias", 1, 1);
        value.output = reader.learned("output.weight", value.outputs, h);
        value.output_bias = reader.learned("output.bias", 1, value.outputs);
    }
    const int dim = head_dim / axes;  // of one axis
    for (int f = 0; f < dim / 2; ++f)
        frequencies_.push_back(std::pow(kRopeTheta, -static_cast<float>(2 * f) / static_cast<float>(dim)));
}

float ReasonerAgent::halt_logit(const Chunk& chunk, const Row& row) const {
    float sum = *halt_bias_.weights;
    for (int f = 0; f < agent_.h_dim; ++f) sum += halt_.weights[f] * chunk.z_h[f * chunk.stride + row.begin];
    return sum;
}

void ReasonerAgent::turn(int coordinate, float* cos, float* sin) const {
    for (float frequency : frequencies_) {
        const float angle = static_cast<float>(coordinate) * frequency;
        *cos++ = std::cos(angle), *sin++ = std::sin(angle);
    }
}

// ---- chunks of rows -------------------------------------------------------------------------------------------------

std::vector<int> TokenRows::checked_lengths(const int16_t* observations, int rows, int vocabulary) const {
    const auto check_symbol = [vocabulary](int symbol) {
        if (symbol < 0 || symbol >= vocabulary)
            throw std::invalid_argument("observations: id " + std::to_string(symbol) +
                                        " is not in the vocabulary of " + std::to_string(vocabulary));
    };
    std::vector<int> lengths;
    for (int row = 0; row < rows; ++row, observations += size()) {
        int length = 0;
        while (length < num_tokens && observations[3 * length]) check_symbol(observations[3 * length++]);
        require(length > 0, "observations: a row has no tokens");
        for (int token = length; token < num_tokens; ++token)
            require(!observations[3 * token], "observations: padding must come after all tokens");
        for (int a = 0; a < num_actions; ++a) {
            const int16_t* action = actions(observations) + a * kActionSize;
            if (!action[0]) continue;
            for (int place = 0; place < kActionTokens; ++place) check_symbol(action[place]);
            for (int role = 0; role < kAnchors; ++role) {
                const int anchor = action[kActionTokens + role];
                if (anchor < -1 || anchor >= length)
                    throw std::invalid_argument("observations: an action is about token " + std::to_string(anchor) +
                                                " of " + std::to_string(length));
            }
        }
        lengths.push_back(length);
    }
    return lengths;
}

void Pieces::cut(Floats& workspace) {
    size_t total = 0;
    for (const auto& piece : pieces_) total += padded(piece.second);
    if (workspace.size() < total) workspace = Floats(total);
    float* at = workspace.data();
    for (const auto& [place, size] : pieces_) *place = at, at += padded(size);
}

Start start(const ReasonerAgent& weights, const TokenRows& layout, const int16_t* observations,
            const std::vector<int>& lengths, int first, int last, Floats& states) {
    const Agent& agent = weights.agent();
    Start found{};
    Chunk& chunk = found.chunk;
    size_t distances = 0;
    for (int index = first; index < last; ++index) {
        const int tokens = agent.prefix + lengths[index];
        const int16_t* observation = observations + static_cast<size_t>(index) * layout.size();
        found.rows.push_back({chunk.tokens, tokens, nullptr, layout.actions(observation), index});
        chunk.tokens += tokens, found.longest = std::max(found.longest, tokens);
        distances += tokens * padded(tokens);
    }
    chunk.rows = found.rows.data(), chunk.num_rows = last - first, chunk.stride = stride_for(chunk.tokens);
    const size_t stride = chunk.stride, angles = agent.head_dim / 2;

    Pieces pieces;
    float* distance = nullptr;
    pieces.add(chunk.x, agent.l_dim * stride), pieces.add(chunk.z_l, agent.l_dim * stride);
    pieces.add(chunk.z_h, agent.h_dim * stride);
    pieces.add(chunk.cos, angles * stride), pieces.add(chunk.sin, angles * stride);
    pieces.add(distance, agent.local ? distances : 0);
    pieces.cut(states);

    const auto fill = [&](float* to, const float* column, int dim) {
        for (int f = 0; f < dim; ++f) std::fill_n(to + f * stride, chunk.tokens, column[f]);
    };
    fill(chunk.z_l, weights.l_init(), agent.l_dim), fill(chunk.z_h, weights.h_init(), agent.h_dim);
    const auto put = [stride](float* to, const float* column, int dim) {
        for (int f = 0; f < dim; ++f) to[f * stride] = column[f];
    };
    std::vector<float> cos(angles), sin(angles);
    std::vector<int> places[2];
    const int axes = weights.axes();
    for (Row& row : found.rows) {
        const int16_t* observation = observations + static_cast<size_t>(row.index) * layout.size();
        const auto place = [&](int token, int axis) {
            if (axes == 1) return token;
            const int shown = token - agent.prefix;  // the prefix is at the origin, tokens start at (1, 1)
            return shown < 0 ? 0 : observation[3 * shown + 1 + axis] + 1;
        };
        for (int axis = 0; axis < axes; ++axis) {
            places[axis].resize(row.tokens);
            for (int token = 0; token < row.tokens; ++token) places[axis][token] = place(token, axis);
        }
        const size_t width = padded(agent.l_dim);
        for (int token = 0; token < row.tokens; ++token) {
            const int at = row.begin + token, shown = token - agent.prefix;
            const float* symbol = shown < 0 ? weights.prefix().weights + token * width
                                            : weights.embedding().weights + observation[3 * shown] * width;
            put(chunk.x + at, symbol, agent.l_dim);
            for (int axis = 0; axis < axes; ++axis)
                weights.turn(places[axis][token], cos.data() + axis * angles / axes, sin.data() + axis * angles / axes);
            put(chunk.cos + at, cos.data(), angles), put(chunk.sin + at, sin.data(), angles);
        }
        if (!agent.local) continue;
        row.distances = distance;
        const size_t padded_tokens = padded(row.tokens);
        std::fill_n(distance, row.tokens * padded_tokens, 0.0f);  // the prefix is near everything
        for (int one = agent.prefix; one < row.tokens; ++one)
            for (int two = agent.prefix; two < row.tokens; ++two)
                distance[one * padded_tokens + two] = static_cast<float>(std::abs(places[0][one] - places[0][two]) +
                                                                 std::abs(places[1][one] - places[1][two]));
        distance += row.tokens * padded_tokens;
    }
    return found;
}

void add_scratch(const Agent& agent, Start& start, Pieces& pieces) {
    Chunk& chunk = start.chunk;
    const size_t stride = chunk.stride, dim = std::max(agent.h_dim, agent.l_dim), width = agent.h_padded;
    const size_t longest = start.longest;
    pieces.add(chunk.block.qkv, 3 * dim * stride), pieces.add(chunk.block.mixed, dim * stride);
    pieces.add(chunk.panel, dim * kPanelTokens), pieces.add(chunk.hidden, agent.inner * size_t{kPanelTokens});
    pieces.add(chunk.scores, longest * kPanelTokens);
    pieces.add(chunk.about, longest * kAnchors * width), pieces.add(chunk.vectors, 4 * width);
}

// ---- instruction sets -----------------------------------------------------------------------------------------------

const Kernels& find_kernels(const std::string& name) {
    const std::vector<std::string> known = instruction_sets();
    const std::string& chosen = name.empty() ? known.front() : name;
    if (!std::count(known.begin(), known.end(), chosen))
        throw std::invalid_argument("this machine has no instruction set '" + chosen + "'");
    for (const Kernels* each : {avx512_kernels(), avx2_kernels()})
        if (each && chosen == each->name) return *each;
    return *baseline_kernels();
}

std::vector<std::string> instruction_sets() {
    std::vector<std::string> found;
#if defined(__x86_64__)
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl");
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx512 && avx2 && avx512_kernels()) found.push_back(avx512_kernels()->name);
    if (avx2 && avx2_kernels()) found.push_back(avx2_kernels()->name);
#endif
    found.push_back(baseline_kernels()->name);
    return found;
}

// ---- evaluation -----------------------------------------------------------------------------------------------------

struct NativeReasoners::Batch {
    const int16_t* observations;
    const int32_t* budgets;
    bool halting;
    float *policy, *values;
    std::vector<int> lengths;  // tokens of each row, without a prefix
};

NativeReasoners::NativeReasoners(std::shared_ptr<const ReasonerAgent> policy,
                                 std::shared_ptr<const ReasonerAgent> value, int num_tokens, int num_actions,
                                 const std::string& instructions)
    : policy_(std::move(policy)),
      value_(std::move(value)),
      layout_{num_tokens, num_actions},
      kernels_(find_kernels(instructions)) {
    require(num_tokens >= 1 && num_actions >= 1, "num_tokens and num_actions must be at least 1");
    require(!policy_ || policy_->agent().points, "policy: this agent has no policy head");
    require(!value_ || !value_->agent().points, "value: this agent has no value head");
}

void NativeReasoners::evaluate(const int16_t* observations, const int32_t* budgets, int rows, bool halting,
                               float* policy, float* values) {
    const std::lock_guard<std::mutex> turn(mutex_);
    std::fill_n(policy, static_cast<size_t>(rows) * layout_.num_actions, 0.0f);
    std::fill_n(values, rows, 0.0f);
    int vocabulary = INT16_MAX + 1;
    for (const auto* each : {policy_.get(), value_.get()})
        if (each) vocabulary = std::min(vocabulary, each->agent().vocabulary);
    for (int row = 0; row < rows; ++row)
        require(budgets[row] >= 1, "every row needs a budget of at least one segment");
    const Batch batch{observations, budgets, halting, policy, values,
                      layout_.checked_lengths(observations, rows, vocabulary)};
    for (const auto* each : {policy_.get(), value_.get()})
        if (each)
            each_chunk(each->agent(), batch.lengths, [&](int first, int last) { think(*each, batch, first, last); });
}

// Segment after segment; rows that halt are answered, the others move together.
void NativeReasoners::think(const ReasonerAgent& weights, const Batch& batch, int first, int last) {
    const Agent& agent = weights.agent();
    Start started = start(weights, layout_, batch.observations, batch.lengths, first, last, states_);
    Pieces pieces;
    add_scratch(agent, started, pieces);
    pieces.cut(scratch_);
    Chunk& chunk = started.chunk;
    const std::pair<float*, int> states[] = {{chunk.x, agent.l_dim},
                                             {chunk.z_l, agent.l_dim},
                                             {chunk.z_h, agent.h_dim},
                                             {chunk.cos, agent.head_dim / 2},
                                             {chunk.sin, agent.head_dim / 2}};
    for (int taken = 1; chunk.num_rows; ++taken) {
        kernels_.segment(agent, chunk, nullptr);
        int going = 0, tokens = 0;
        for (int r = 0; r < chunk.num_rows; ++r) {
            Row row = chunk.rows[r];
            if (taken == batch.budgets[row.index] || (batch.halting && weights.halt_logit(chunk, row) > 0)) {
                answer(weights, chunk, row, batch);
                continue;
            }
            for (const auto& [state, dim] : states)
                if (row.begin != tokens)
                    for (int f = 0; f < dim; ++f) {
                        float* line = state + f * chunk.stride;
                        std::copy_n(line + row.begin, row.tokens, line + tokens);
                    }
            row.begin = tokens, tokens += row.tokens;
            chunk.rows[going++] = row;
        }
        chunk.num_rows = going, chunk.tokens = tokens;
    }
}

void NativeReasoners::answer(const ReasonerAgent& weights, const Chunk& chunk, const Row& row, const Batch& batch) {
    const Agent& agent = weights.agent();
    if (agent.points) {
        float* logits = batch.policy + static_cast<size_t>(row.index) * layout_.num_actions;
        kernels_.head(agent, chunk, row, layout_.num_actions, logits);
        return;
    }
    std::vector<float> logits(agent.value.outputs);
    kernels_.head(agent, chunk, row, layout_.num_actions, logits.data());
    batch.values[row.index] = expected_return(logits.data(), agent.value.outputs);
}

// ---- binding --------------------------------------------------------------------------------------------------------

namespace {

template <typename T>
using Rows = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Named = std::map<std::string, Rows<const float>>;

std::shared_ptr<ReasonerAgent> make_agent(const Named& named, int head_dim, int h_cycles, int l_cycles, int axes,
                                          bool local, int through) {
    Weights weights;
    for (const auto& [name, array] : named)
        weights[name] = {array.data(), static_cast<int>(array.shape(0)), static_cast<int>(array.shape(1))};
    return std::make_shared<ReasonerAgent>(weights, head_dim, h_cycles, l_cycles, axes, local, through);
}

void check_observations(const TokenRows& layout, const Rows<const int16_t>& observations) {
    const size_t rows = observations.shape(0), size = layout.size();
    if (observations.shape(1) != size)
        throw std::invalid_argument("observations must be " + shape(rows, size) + ", not " +
                                    shape(rows, observations.shape(1)));
}

void evaluate(NativeReasoners& self, Rows<const int16_t> observations, In<int32_t> budgets, bool halting,
              Rows<float> policy, nb::ndarray<float, nb::ndim<1>, nb::c_contig, nb::device::cpu> values) {
    const size_t rows = observations.shape(0), actions = self.layout().num_actions;
    check_observations(self.layout(), observations);
    if (budgets.size() != rows || values.size() != rows || policy.shape(0) != rows || policy.shape(1) != actions)
        throw std::invalid_argument("budgets and values must have " + std::to_string(rows) +
                                    " entries, and policy be " + shape(rows, actions));
    const nb::gil_scoped_release release;
    self.evaluate(observations.data(), budgets.data(), static_cast<int>(rows), halting, policy.data(), values.data());
}

// Answers float32 [segments, rows, outputs] and halt logits [segments, rows].
using Answers = nb::ndarray<float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using Halts = Rows<float>;

void check_answers(const ReasonerTraining& self, const Answers& answers, const Halts& halts) {
    const size_t segments = self.segments(), rows = self.rows(), outputs = self.outputs();
    if (answers.shape(0) != segments || answers.shape(1) != rows || answers.shape(2) != outputs ||
        halts.shape(0) != segments || halts.shape(1) != rows)
        throw std::invalid_argument("halts must be " + shape(segments, rows) + ", and answers have " +
                                    std::to_string(outputs) + " for each");
}

std::shared_ptr<ReasonerTraining> make_training(std::shared_ptr<ReasonerAgent> agent, std::shared_ptr<Floats> memory,
                                                Rows<const int16_t> observations, int num_tokens, int num_actions,
                                                int segments, const std::string& instructions) {
    const TokenRows layout{num_tokens, num_actions};
    check_observations(layout, observations);
    return std::make_shared<ReasonerTraining>(std::move(agent), std::move(memory), layout, observations.data(),
                                              static_cast<int>(observations.shape(0)), segments, instructions);
}

void forward(ReasonerTraining& self, Answers answers, Halts halts) {
    check_answers(self, answers, halts);
    const nb::gil_scoped_release release;
    self.forward(answers.data(), halts.data());
}

void backward(ReasonerTraining& self, Answers answers, Halts halts, std::map<std::string, Rows<float>> gradients) {
    check_answers(self, answers, halts);
    for (const auto& [name, gradient] : self.agent().gradients())
        if (const auto found = gradients.find(name);
            found == gradients.end() || found->second.shape(0) != static_cast<size_t>(gradient.rows) ||
            found->second.shape(1) != static_cast<size_t>(gradient.columns))
            throw std::invalid_argument("gradients: " + name + " must be " + shape(gradient.rows, gradient.columns));
    const nb::gil_scoped_release release;
    self.backward(answers.data(), halts.data());
    for (const auto& [name, gradient] : self.agent().gradients())
        for (int row = 0; row < gradient.rows; ++row)
            std::copy_n(gradient.data + row * padded(gradient.columns), gradient.columns,
                        gradients.at(name).data() + static_cast<size_t>(row) * gradient.columns);
}

}  // namespace

void bind_reasoner(nb::module_& module) {
    nb::class_<ReasonerAgent>(module, "ReasonerAgent",
                              "One agent's weights, packed; zeroloop/networks/_native_reasoner.py names them.")
        .def(nb::new_(&make_agent), nb::arg("weights"), nb::arg("head_dim"), nb::arg("h_cycles"), nb::arg("l_cycles"),
             nb::arg("axes"), nb::arg("local"), nb::arg("through") = 0,
             "axes: 2 where attention turns by the row and the column of each token, 1 where by its place among all. "
             "through: the updates of z_l, the last ones, that a segment's gradient goes through; 0: for inference.");
    nb::class_<NativeReasoners>(module, "NativeReasoners", "A pair of reasoners on one core; an agent may be missing.")
        .def(nb::init<std::shared_ptr<const ReasonerAgent>, std::shared_ptr<const ReasonerAgent>, int, int,
                      const std::string&>(),
             nb::arg("policy").none(), nb::arg("value").none(), nb::arg("num_tokens"), nb::arg("num_actions"),
             nb::arg("instructions") = "")
        .def_static("instruction_sets", &instruction_sets, "Those that this machine has, best first.")
        .def("evaluate", &evaluate, nb::arg("observations"), nb::arg("budgets"), nb::arg("halting"), nb::arg("policy"),
             nb::arg("values"),
             "Fills policy float32 [n, num_actions] and values float32 [n]; observations: int16 [n, size].");
    nb::class_<Floats>(module, "ReasonerMemory", "Memory of a ReasonerTraining; of another one after its backward.")
        .def(nb::init<>());
    nb::class_<ReasonerTraining>(module, "ReasonerTraining",
                                 "One pass of an agent packed for training over observations int16 [n, size], and the "
                                 "way back, on one core; forward comes first, once each.")
        .def(nb::new_(&make_training), nb::arg("agent"), nb::arg("memory"), nb::arg("observations"),
             nb::arg("num_tokens"), nb::arg("num_actions"), nb::arg("segments"), nb::arg("instructions") = "")
        .def_prop_ro("outputs", &ReasonerTraining::outputs, "Numbers in an answer.")
        .def("forward", &forward, nb::arg("answers"), nb::arg("halts"),
             "Fills answers float32 [segments, n, outputs], zero before, and halt logits [segments, n].")
        .def("backward", &backward, nb::arg("answers"), nb::arg("halts"), nb::arg("gradients"),
             "Fills gradients, which are named and shaped like the weights, from those of answers and halt logits.");
}

}  // namespace zeroloop
