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

namespace zeroloop {
namespace {

constexpr float kRopeTheta = 10'000.0f;
constexpr int kChunk = 192;  // tokens that go through the network together: their activations stay in the second cache

void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

std::string shape(size_t rows, size_t columns) {
    return "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
}

size_t padded(size_t size) { return (size + kWidest - 1) / kWidest * kWidest; }

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

// ---- weights --------------------------------------------------------------------------------------------------------

// Takes named weights into the layouts of the kernels, checking their shapes.
class ReasonerAgent::Reader {
  public:
    Reader(const Weights& weights, std::vector<Floats>& kept) : weights_(weights), kept_(kept) {}

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

    float number(const std::string& name) const { return *get(name, 1, 1).data; }

    // A copy with rows of `width` numbers.
    const float* rows(const Weight& weight, int width) {
        float* to = keep(static_cast<size_t>(weight.rows) * width);
        for (int row = 0; row < weight.rows; ++row)
            std::copy_n(weight.data + row * weight.columns, weight.columns, to + row * width);
        return to;
    }

    // The transpose of a weight [parts * h, inputs] as [inputs][parts * h padded].
    const float* features(const Weight& weight, int h) {
        const size_t parts = weight.rows / h, width = padded(h);
        float* to = keep(weight.columns * parts * width);
        for (int row = 0; row < weight.rows; ++row)
            for (int k = 0; k < weight.columns; ++k)
                to[(k * parts + row / h) * width + row % h] = weight.data[row * weight.columns + k];
        return to;
    }

    // Rows of a weight in the order that `place` says (-1: zeros), in groups; inputs: with zeros for missing columns.
    template <typename Place>
    Matrix grouped(const Weight& weight, int outputs, int inputs, Place place, int scaled = 0, float scale = 1) {
        float* to = keep(static_cast<size_t>(outputs) * inputs);
        for (int out = 0; out < outputs; ++out) {
            const int row = place(out);
            if (row < 0) continue;
            for (int k = 0; k < weight.columns; ++k)
                to[(out / kGroup * inputs + k) * kGroup + out % kGroup] =
                    weight.data[row * weight.columns + k] * (out < scaled ? scale : 1);
        }
        return {to, outputs, inputs};
    }

    Matrix matrix(const std::string& name, int outputs, int inputs) {
        return grouped(get(name, outputs, inputs), outputs, inputs, [](int out) { return out; });
    }

    // The blocks NAME.0, NAME.1, ... over states of `dim` features; inner: the largest size inside one, at least.
    std::vector<BlockWeights> stack(const std::string& name, int dim, int head_dim, int& inner) {
        std::vector<BlockWeights> blocks;
        while (has(name + "." + std::to_string(blocks.size()) + ".qkv")) {
            const std::string prefix = name + "." + std::to_string(blocks.size()) + ".";
            BlockWeights block;
            const Weight& qkv = get(prefix + "qkv", 3 * dim, dim);
            // Queries and keys in the order that rotation wants; queries carry the scale of attention.
            const auto turned = [&](int out) {
                if (out >= 2 * dim) return out;
                const int in_head = out % head_dim, pair = in_head / kGroup * 2 + in_head % 2;
                return out - in_head + pair + (in_head % kGroup < 2 ? 0 : head_dim / 2);
            };
            block.qkv = grouped(qkv, 3 * dim, dim, turned, dim, 1 / std::sqrt(static_cast<float>(head_dim)));
            block.output = matrix(prefix + "output", dim, dim);
            const int size = get(prefix + "down").columns, even = size + size % 2;
            const auto paired = [size](int out) {
                const int unit = out / kGroup * 2 + out % 2;
                return unit >= size ? -1 : unit + (out % kGroup < 2 ? 0 : size);
            };
            block.gate_up = grouped(get(prefix + "gate_up", 2 * size, dim), 2 * even, dim, paired);
            block.down = grouped(get(prefix + "down", dim, size), dim, even, [](int out) { return out; });
            inner = std::max(inner, even);
            blocks.push_back(block);
        }
        require(!blocks.empty(), "weights: a stack has no blocks");
        return blocks;
    }

  private:
    float* keep(size_t size) {
        kept_.emplace_back(size);
        return kept_.back().data();
    }

    const Weights& weights_;
    std::vector<Floats>& kept_;
};

ReasonerAgent::ReasonerAgent(const Weights& weights, int head_dim, int h_cycles, int l_cycles, bool local) {
    Reader reader(weights, kept_);
    Agent& agent = agent_;
    agent.head_dim = head_dim, agent.h_cycles = h_cycles, agent.l_cycles = l_cycles, agent.local = local;
    const int h = agent.h_dim = reader.get("h_init").columns, l = agent.l_dim = reader.get("l_init").columns;
    const int width = agent.h_padded = static_cast<int>(padded(h));
    require(head_dim >= kGroup && head_dim % kGroup == 0 && std::min(h, l) > 0 && h % head_dim + l % head_dim == 0,
            "head_dim must be a multiple of 4 that divides the widths of both states");
    require(h_cycles >= 1 && l_cycles >= 1, "h_cycles and l_cycles must be at least 1");
    agent.vocabulary = reader.get("embedding").rows, agent.prefix = reader.get("prefix").rows;

    h_init_ = reader.rows(reader.get("h_init", 1, h), h), l_init_ = reader.rows(reader.get("l_init", 1, l), l);
    embedding_ = reader.rows(reader.get("embedding", agent.vocabulary, l), l);
    prefix_ = reader.rows(reader.get("prefix", agent.prefix, l), l);
    halt_ = reader.rows(reader.get("halt.weight", 1, h), h), halt_bias_ = reader.number("halt.bias");

    low_ = reader.stack("low", l, head_dim, agent.inner);
    agent.low = agent.high = {low_.data(), static_cast<int>(low_.size()), l};
    if (reader.has("high.0.qkv")) {
        high_ = reader.stack("high", h, head_dim, agent.inner);
        agent.high = {high_.data(), static_cast<int>(high_.size()), h};
    }
    if (h != l) agent.down = reader.matrix("down", l, h), agent.up = reader.matrix("up", h, l);
    require(agent.high.dim == h, "weights: a stack of its own must lead to h_init's width");

    agent.actions.words = reader.rows(reader.get("words", kActionTokens * agent.vocabulary, h), width);
    agent.actions.anchors = reader.features(reader.get("anchors.weight", kAnchors * h, h), h);
    agent.actions.anchors_bias = reader.rows(reader.get("anchors.bias", kAnchors, h), width);
    if ((agent.points = reader.has("query"))) {
        agent.policy.query = reader.features(reader.get("query", h, h), h);
        agent.policy.kinds = reader.rows(reader.get("kinds", 1, agent.vocabulary), agent.vocabulary);
    } else {
        ValueHead& value = agent.value;
        value.outputs = reader.get("output.weight").rows;
        value.first = reader.features(reader.get("first.weight", h, h), h);
        value.first_bias = reader.rows(reader.get("first.bias", 1, h), width);
        value.gate = reader.rows(reader.get("gate.weight", 1, h), width), value.gate_bias = reader.number("gate.bias");
        value.output = reader.rows(reader.get("output.weight", value.outputs, h), width);
        value.output_bias = reader.rows(reader.get("output.bias", 1, value.outputs), value.outputs);
    }
    const int dim = head_dim / 2;  // of one axis
    for (int f = 0; f < dim / 2; ++f)
        frequencies_.push_back(std::pow(kRopeTheta, -static_cast<float>(2 * f) / static_cast<float>(dim)));
}

float ReasonerAgent::halt_logit(const Chunk& chunk, const Row& row) const {
    float sum = halt_bias_;
    for (int f = 0; f < agent_.h_dim; ++f) sum += halt_[f] * chunk.z_h[f * chunk.stride + row.begin];
    return sum;
}

void ReasonerAgent::turn(int coordinate, float* cos, float* sin) const {
    for (float frequency : frequencies_) {
        const float angle = static_cast<float>(coordinate) * frequency;
        *cos++ = std::cos(angle), *sin++ = std::sin(angle);
    }
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
    : policy_(std::move(policy)), value_(std::move(value)), num_tokens_(num_tokens), num_actions_(num_actions) {
    require(num_tokens >= 1 && num_actions >= 1, "num_tokens and num_actions must be at least 1");
    require(!policy_ || policy_->agent().points, "policy: this agent has no policy head");
    require(!value_ || !value_->agent().points, "value: this agent has no value head");
    const std::vector<std::string> known = instruction_sets();
    const std::string& name = instructions.empty() ? known.front() : instructions;
    if (!std::count(known.begin(), known.end(), name))
        throw std::invalid_argument("this machine has no instruction set '" + name + "'");
    for (const Kernels* each : {avx512_kernels(), avx2_kernels(), baseline_kernels()})
        if (each && name == each->name) kernels_ = each;
}

std::vector<std::string> NativeReasoners::instruction_sets() {
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

void NativeReasoners::evaluate(const int16_t* observations, const int32_t* budgets, int rows, bool halting,
                               float* policy, float* values) {
    const std::lock_guard<std::mutex> turn(mutex_);
    std::fill_n(policy, static_cast<size_t>(rows) * num_actions_, 0.0f);
    std::fill_n(values, rows, 0.0f);
    Batch batch{observations, budgets, halting, policy, values, {}};
    int vocabulary = INT16_MAX + 1;
    for (const auto* each : {policy_.get(), value_.get()})
        if (each) vocabulary = std::min(vocabulary, each->agent().vocabulary);
    for (int row = 0; row < rows; ++row) {
        const int16_t* observation = observations + static_cast<size_t>(row) * observation_size();
        batch.lengths.push_back(checked_length(observation, vocabulary));
        require(budgets[row] >= 1, "every row needs a budget of at least one segment");
    }
    for (const auto* each : {policy_.get(), value_.get()}) {
        if (!each) continue;
        for (int first = 0, last; first < rows; first = last) {
            int tokens = 0;
            for (last = first; last < rows; ++last) {
                tokens += each->agent().prefix + batch.lengths[last];
                if (tokens > kChunk && last > first) break;
            }
            think(*each, batch, first, last);
        }
    }
}

int NativeReasoners::checked_length(const int16_t* observation, int vocabulary) const {
    const auto check_symbol = [vocabulary](int symbol) {
        if (symbol < 0 || symbol >= vocabulary)
            throw std::invalid_argument("observations: id " + std::to_string(symbol) +
                                        " is not in the vocabulary of " + std::to_string(vocabulary));
    };
    int length = 0;
    while (length < num_tokens_ && observation[3 * length]) check_symbol(observation[3 * length++]);
    require(length > 0, "observations: a row has no tokens");
    for (int token = length; token < num_tokens_; ++token)
        require(!observation[3 * token], "observations: padding must come after all tokens");
    for (int a = 0; a < num_actions_; ++a) {
        const int16_t* action = observation + 3 * num_tokens_ + a * kActionSize;
        if (!action[0]) continue;
        for (int place = 0; place < kActionTokens; ++place) check_symbol(action[place]);
        for (int role = 0; role < kAnchors; ++role) {
            const int anchor = action[kActionTokens + role];
            if (anchor < -1 || anchor >= length)
                throw std::invalid_argument("observations: an action is about token " + std::to_string(anchor) +
                                            " of " + std::to_string(length));
        }
    }
    return length;
}

// The first states of rows from `first` up to `last`, and all that the kernels read about them.
Chunk NativeReasoners::start(const ReasonerAgent& weights, const Batch& batch, int first, int last) {
    const Agent& agent = weights.agent();
    rows_.clear();
    Chunk chunk{};
    int longest = 0;
    size_t distances = 0;
    for (int index = first; index < last; ++index) {
        const int tokens = agent.prefix + batch.lengths[index];
        rows_.push_back({chunk.tokens, tokens, nullptr, nullptr, index});
        chunk.tokens += tokens, longest = std::max(longest, tokens);
        distances += tokens * padded(tokens);
    }
    chunk.rows = rows_.data(), chunk.num_rows = last - first, chunk.stride = stride_for(chunk.tokens);
    const size_t stride = chunk.stride, h = agent.h_dim, l = agent.l_dim, dim = std::max(h, l), most = longest;
    const size_t angles = agent.head_dim / 2, width = agent.h_padded;

    // One block of memory, cut into pieces of whole cache lines.
    std::vector<std::pair<float**, size_t>> pieces{{&chunk.x, l * stride},
                                                   {&chunk.z_l, l * stride},
                                                   {&chunk.z_h, h * stride},
                                                   {&chunk.qkv, 3 * dim * stride},
                                                   {&chunk.mixed, dim * stride},
                                                   {&chunk.cos, angles * stride},
                                                   {&chunk.sin, angles * stride},
                                                   {&chunk.panel, dim * kPanelTokens},
                                                   {&chunk.hidden, agent.inner * size_t{kPanelTokens}},
                                                   {&chunk.scores, most * kPanelTokens},
                                                   {&chunk.about, most * kAnchors * width},
                                                   {&chunk.vectors, 3 * width}};
    float* distance = nullptr;
    pieces.emplace_back(&distance, agent.local ? distances : 0);
    size_t total = 0;
    for (const auto& piece : pieces) total += padded(piece.second);
    if (workspace_.size() < total) workspace_ = Floats(total);
    float* at = workspace_.data();
    for (const auto& [place, size] : pieces) *place = at, at += padded(size);

    const auto fill = [&](float* to, const float* column, int dim) {
        for (int f = 0; f < dim; ++f) std::fill_n(to + f * stride, chunk.tokens, column[f]);
    };
    fill(chunk.z_l, weights.l_init(), agent.l_dim), fill(chunk.z_h, weights.h_init(), agent.h_dim);
    const auto put = [stride](float* to, const float* column, int dim) {
        for (int f = 0; f < dim; ++f) to[f * stride] = column[f];
    };
    std::vector<float> cos(angles), sin(angles);
    std::vector<int> places[2];
    for (Row& row : rows_) {
        const int16_t* observation = batch.observations + static_cast<size_t>(row.index) * observation_size();
        row.actions = observation + 3 * num_tokens_;
        for (int axis = 0; axis < 2; ++axis) {
            places[axis].assign(row.tokens, 0);  // the prefix is at the origin, tokens start at (1, 1)
            for (int token = agent.prefix; token < row.tokens; ++token)
                places[axis][token] = observation[3 * (token - agent.prefix) + 1 + axis] + 1;
        }
        for (int token = 0; token < row.tokens; ++token) {
            const int at = row.begin + token, shown = token - agent.prefix;
            const float* symbol = shown < 0 ? weights.prefix(token) : weights.embedding(observation[3 * shown]);
            put(chunk.x + at, symbol, agent.l_dim);
            for (int axis = 0; axis < 2; ++axis)
                weights.turn(places[axis][token], cos.data() + axis * angles / 2, sin.data() + axis * angles / 2);
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
    return chunk;
}

// Segment after segment; rows that halt are answered, the others move together.
void NativeReasoners::think(const ReasonerAgent& weights, const Batch& batch, int first, int last) {
    const Agent& agent = weights.agent();
    Chunk chunk = start(weights, batch, first, last);
    const std::pair<float*, int> states[] = {{chunk.x, agent.l_dim},
                                             {chunk.z_l, agent.l_dim},
                                             {chunk.z_h, agent.h_dim},
                                             {chunk.cos, agent.head_dim / 2},
                                             {chunk.sin, agent.head_dim / 2}};
    for (int taken = 1; chunk.num_rows; ++taken) {
        kernels_->segment(agent, chunk);
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
        kernels_->head(agent, chunk, row, num_actions_, batch.policy + static_cast<size_t>(row.index) * num_actions_);
        return;
    }
    std::vector<float> logits(agent.value.outputs);
    kernels_->head(agent, chunk, row, num_actions_, logits.data());
    batch.values[row.index] = expected_return(logits.data(), agent.value.outputs);
}

// ---- binding --------------------------------------------------------------------------------------------------------

namespace {

template <typename T>
using Rows = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Named = std::map<std::string, Rows<const float>>;

std::shared_ptr<ReasonerAgent> make_agent(const Named& named, int head_dim, int h_cycles, int l_cycles, bool local) {
    Weights weights;
    for (const auto& [name, array] : named)
        weights[name] = {array.data(), static_cast<int>(array.shape(0)), static_cast<int>(array.shape(1))};
    return std::make_shared<ReasonerAgent>(weights, head_dim, h_cycles, l_cycles, local);
}

void evaluate(NativeReasoners& self, Rows<const int16_t> observations, In<int32_t> budgets, bool halting,
              Rows<float> policy, nb::ndarray<float, nb::ndim<1>, nb::c_contig, nb::device::cpu> values) {
    const size_t rows = observations.shape(0), size = self.observation_size(), actions = self.num_actions();
    if (observations.shape(1) != size)
        throw std::invalid_argument("observations must be " + shape(rows, size) + ", not " +
                                    shape(rows, observations.shape(1)));
    if (budgets.size() != rows || values.size() != rows || policy.shape(0) != rows || policy.shape(1) != actions)
        throw std::invalid_argument("budgets and values must have " + std::to_string(rows) +
                                    " entries, and policy be " + shape(rows, actions));
    const nb::gil_scoped_release release;
    self.evaluate(observations.data(), budgets.data(), static_cast<int>(rows), halting, policy.data(), values.data());
}

}  // namespace

void bind_reasoner(nb::module_& module) {
    nb::class_<ReasonerAgent>(module, "ReasonerAgent",
                              "One agent's weights, packed; zeroloop/evaluators/native_reasoner.py names them.")
        .def(nb::new_(&make_agent), nb::arg("weights"), nb::arg("head_dim"), nb::arg("h_cycles"), nb::arg("l_cycles"),
             nb::arg("local"));
    nb::class_<NativeReasoners>(module, "NativeReasoners", "A pair of reasoners on one core; an agent may be missing.")
        .def(nb::init<std::shared_ptr<const ReasonerAgent>, std::shared_ptr<const ReasonerAgent>, int, int,
                      const std::string&>(),
             nb::arg("policy").none(), nb::arg("value").none(), nb::arg("num_tokens"), nb::arg("num_actions"),
             nb::arg("instructions") = "")
        .def_static("instruction_sets", &NativeReasoners::instruction_sets, "Those that this machine has, best first.")
        .def("evaluate", &evaluate, nb::arg("observations"), nb::arg("budgets"), nb::arg("halting"), nb::arg("policy"),
             nb::arg("values"),
             "Fills policy float32 [n, num_actions] and values float32 [n]; observations: int16 [n, size].");
}

}  // namespace zeroloop
