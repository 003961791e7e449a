// A forest of search trees that advance together: select() names one or more leaves per tree, expand() takes their
// transitions, logits and values and backs them up. It knows numbers only: no rules, no network, no random source.
//
// Values are expected returns for the player to move at a node. An edge's value is reward + discount * value(child).
// An edge is proven when that value is exact; the sign bit of its prior says so. All arithmetic is float32 in a fixed
// order, so that search/reference.py can give the same visit counts.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "leaves.hpp"

namespace zeroloop {

struct Settings {
    bool gumbel = false, proofs = true, minmax = false, reuse_subtree = true;
    float c_puct = 1.5f, fpu_reduction = 0.25f, noise_fraction = 0.25f, forced_playouts = 0.0f;
    int32_t gumbel_max_considered = 16;
    float gumbel_c_visit = 50.0f, gumbel_c_scale = 1.0f;
    float best_return = 1.0f;
    int32_t leaves_per_tree = 1;
    float virtual_loss = 1.0f;
    int32_t max_nodes = 0, max_depth = 512;
};

struct ArenaFull : std::runtime_error {
    using std::runtime_error::runtime_error;
};

constexpr int32_t kUnexpanded = -1, kPending = -2;

struct Edge {  // 16 bytes
    float prior;   // sign bit set: proven
    float value;   // mean return for the mover, exact where proven
    int32_t visits;
    int32_t child;

    bool proven() const { return std::signbit(prior); }
    float probability() const { return std::fabs(prior); }
    void prove(float exact) { prior = -std::fabs(prior), value = exact; }
};

constexpr uint16_t kTerminal = 1, kProven = 2;

struct Node {  // 32 bytes
    int32_t first_edge;
    uint16_t num_edges, flags;
    float reward, discount;  // of the step that leads here
    float value;             // the evaluator's
    float mean;              // of value and everything backed up through the edges; exact where proven
    int32_t slot, visits;

    bool proven() const { return flags & kProven; }
};

static_assert(sizeof(Edge) == 16 && sizeof(Node) == 32);

// The visit count that a root action must have to be visited next, for each simulation of sequential halving
// (Danihelka et al. 2022, section 3).
inline std::vector<int32_t> halving_schedule(int32_t considered, int32_t simulations) {
    std::vector<int32_t> schedule;
    if (considered <= 1) {
        for (int32_t i = 0; i < simulations; ++i) schedule.push_back(i);
        return schedule;
    }
    int32_t rounds = 0;
    while ((1 << rounds) < considered) ++rounds;
    std::vector<int32_t> visits(considered, 0);
    for (int32_t alive = considered; static_cast<int32_t>(schedule.size()) < simulations; alive = std::max(2, alive / 2)) {
        const int32_t repeats = std::max(1, simulations / (rounds * alive));
        for (int32_t r = 0; r < repeats; ++r)
            for (int32_t i = 0; i < alive; ++i) schedule.push_back(visits[i]++);
    }
    schedule.resize(simulations);
    return schedule;
}

struct Tree {
    std::vector<Node> nodes;
    std::vector<Edge> edges;
    std::vector<int32_t> actions;     // cold, parallel to edges
    std::vector<uint16_t> pending;    // cold, parallel to edges: leaves under way; empty where leaves_per_tree is 1
    std::vector<int32_t> free_slots;  // used as a stack
    // of the running search:
    bool active = false, root_requested = false;
    int32_t budget = 0, in_flight = 0, simulations = 0, source_slot = -1;
    std::vector<float> noise;        // Dirichlet or Gumbel, one per root action; empty: none
    std::vector<float> root_priors;  // the evaluator's, before noise
    std::vector<double> root_logits;
    std::vector<int32_t> start_visits, schedule;
    float lowest, highest;  // of all edge values seen, for min-max scaling; none yet: lowest > highest

    int32_t root_visits() const { return nodes.empty() ? 0 : nodes[0].visits - 1; }
    int32_t root_edges() const { return nodes.empty() ? 0 : nodes[0].num_edges; }
};

class Forest {
  public:
    Forest(int32_t num_trees, const Settings& settings) : settings_(settings), trees_(num_trees) {
        for (int32_t t = 0; t < num_trees; ++t) release_all(t);
    }

    const Settings& settings() const { return settings_; }
    int32_t num_trees() const { return static_cast<int32_t>(trees_.size()); }
    int64_t num_slots() const { return static_cast<int64_t>(trees_.size()) * settings_.max_nodes; }
    const Tree& tree(int32_t t) const { return trees_.at(t); }
    int64_t total_simulations() const { return total_simulations_; }
    Request& request() { return request_; }

    // Start a search: the root state lies in source_slot. `action` is the one that led here from the tree's present
    // root (-1: unknown), so that its subtree can be kept. Noise may be empty.
    void begin(int32_t t, int32_t source_slot, int32_t budget, int32_t action, const float* noise, size_t noise_size) {
        Tree& tree = trees_.at(t);
        if (tree.in_flight || tree.root_requested)
            throw std::logic_error("begin: tree " + std::to_string(t) + " still waits for expand()");
        if (budget < 1)
            throw std::invalid_argument("begin: a search needs a budget (search.num_simulations) of at least 1, not " +
                                        std::to_string(budget));
        if (budget >= settings_.max_nodes)
            throw ArenaFull("a search of " + std::to_string(budget) + " simulations needs search.max_nodes >= " +
                            std::to_string(budget + int64_t{1}) + ", which is " + std::to_string(settings_.max_nodes) +
                            "; raise search.max_nodes (0 sizes it by itself) or lower search.num_simulations");
        tree.budget = budget, tree.source_slot = source_slot, tree.simulations = 0, tree.active = true;
        tree.noise.assign(noise, noise + noise_size);
        if (settings_.reuse_subtree && keep_subtree(t, action))
            begin_root(tree);
        else
            release_all(t);
        if (tree.active && finished(tree)) finish(t);
    }

    // End the search in a tree where it is; it will not be among the finished ones.
    void stop(int32_t t) {
        Tree& tree = trees_.at(t);
        if (tree.in_flight || tree.root_requested)
            throw std::logic_error("stop: tree " + std::to_string(t) + " still waits for expand()");
        tree.active = false;
    }

    // Collect leaves of all running trees. Simulations that end in a known result are backed up on the way.
    const Request& select() {
        if (!request_.trees.empty()) throw std::logic_error("select: the last request still waits for expand()");
        path_.clear(), path_offsets_.assign(1, 0);
        for (int32_t t = 0; t < num_trees(); ++t)
            if (trees_[t].active) select_tree(t);
        return request_;
    }

    // Take the transitions of the last request; logits in CSR order and values, of its live rows only.
    void expand(const Leaves& leaves, const float* logits, size_t num_logits, const float* values, size_t num_values) {
        if (leaves.rows() != request_.size() || num_values != leaves.slots.size() || num_logits != leaves.actions.size())
            throw std::invalid_argument(
                "expand: expected " + std::to_string(request_.size()) + " rows, " + std::to_string(leaves.slots.size()) +
                " values and " + std::to_string(leaves.actions.size()) + " logits, got " + std::to_string(leaves.rows()) +
                ", " + std::to_string(num_values) + " and " + std::to_string(num_logits));
        check_finite(logits, num_logits, "logits");
        check_finite(values, num_values, "values");
        for (size_t row = 0; row < leaves.rows(); ++row) {
            const bool live = leaves.lives[row];
            expand_row(leaves, row, live ? logits : nullptr, live ? *values : 0.0f);
            if (live) logits += leaves.all_offsets[row + 1] - leaves.all_offsets[row], ++values;
        }
        for (int32_t t : request_.trees)
            if (trees_[t].active && finished(trees_[t])) finish(t);
        request_.clear();
    }

    // Trees whose search has ended since the last call.
    std::vector<int32_t> take_finished() {
        std::vector<int32_t> taken;
        taken.swap(finished_);
        return taken;
    }

    // The policy target of a tree's root: visit counts after pruning of forced playouts, or the completed-Q policy.
    // Zero on actions that a proof excludes. Sums to 1.
    void action_weights(int32_t t, float* weights) const {
        const Tree& tree = trees_.at(t);
        const Node& root = tree.nodes.at(0);
        const Edge* edges = &tree.edges[root.first_edge];
        std::vector<double> w(root.num_edges);
        if (settings_.gumbel) {
            improved_policy(tree, root, [&](int32_t i) { return tree.root_priors[i]; }, w.data());
        } else {
            std::vector<int32_t> visits = pruned_visits(tree);
            for (size_t i = 0; i < w.size(); ++i) w[i] = visits[i];
        }
        for (size_t i = 0; i < w.size(); ++i)
            if (excluded(root, edges[i])) w[i] = 0;
        double sum = 0;
        for (double x : w) sum += x;
        if (sum <= 0) {
            for (size_t i = 0; i < w.size(); ++i) sum += w[i] = !excluded(root, edges[i]);
        }
        for (size_t i = 0; i < w.size(); ++i) weights[i] = static_cast<float>(w[i] / sum);
    }

    // The index of the root edge to play. Temperature 0: the best one; else drawn with probability proportional to
    // weight^(1/temperature), by the uniform number u in [0, 1).
    int32_t choose(int32_t t, float temperature, float u) const {
        const Tree& tree = trees_.at(t);
        if (tree.root_edges() == 0)
            throw std::invalid_argument("choose: tree " + std::to_string(t) + " holds no search, or its root is terminal");
        const Node& root = tree.nodes[0];
        if (temperature <= 0) return best_edge(tree);
        std::vector<float> weights(root.num_edges);
        action_weights(t, weights.data());
        std::vector<double> w(root.num_edges);
        double sum = 0;
        for (size_t i = 0; i < w.size(); ++i)
            sum += w[i] = weights[i] > 0 ? std::pow(static_cast<double>(weights[i]), 1.0 / temperature) : 0.0;
        double rest = u * sum;
        int32_t last = 0;
        for (size_t i = 0; i < w.size(); ++i) {
            if (w[i] <= 0) continue;
            last = static_cast<int32_t>(i);
            if ((rest -= w[i]) < 0) break;
        }
        return last;
    }

    // The evaluator's priors of the root actions, before noise.
    const std::vector<float>& root_priors(int32_t t) const { return trees_.at(t).root_priors; }

  private:
    struct Step {
        int32_t node, edge;
    };

    // ---- memory -------------------------------------------------------------------------------------------------

    void release_all(int32_t t) {
        Tree& tree = trees_[t];
        tree.nodes.clear(), tree.edges.clear(), tree.actions.clear(), tree.pending.clear(), tree.root_priors.clear();
        tree.free_slots.resize(settings_.max_nodes);
        for (int32_t i = 0; i < settings_.max_nodes; ++i)
            tree.free_slots[i] = static_cast<int32_t>((static_cast<int64_t>(t) + 1) * settings_.max_nodes - 1 - i);
        tree.lowest = std::numeric_limits<float>::infinity(), tree.highest = -tree.lowest;
    }

    int32_t take_slot(Tree& tree) {
        if (tree.free_slots.empty())
            throw ArenaFull("a search tree holds more than search.max_nodes = " + std::to_string(settings_.max_nodes) +
                            " nodes; raise search.max_nodes (0 sizes it by itself)");
        const int32_t slot = tree.free_slots.back();
        tree.free_slots.pop_back();
        return slot;
    }

    // Make the child under `action` the root, breadth first into fresh arrays. False where there is no such subtree.
    bool keep_subtree(int32_t t, int32_t action) {
        Tree& tree = trees_[t];
        if (tree.nodes.empty() || action < 0) return false;
        const Node& root = tree.nodes[0];
        int32_t child = kUnexpanded;
        for (int32_t e = root.first_edge; e < root.first_edge + root.num_edges; ++e)
            if (tree.actions[e] == action) child = tree.edges[e].child;
        if (child < 0 || (tree.nodes[child].flags & kTerminal)) return false;
        scratch_.nodes.clear(), scratch_.edges.clear(), scratch_.actions.clear();
        scratch_.nodes.push_back(tree.nodes[child]);
        tree.nodes[child].slot = -1;  // kept: not to be freed below
        for (size_t n = 0; n < scratch_.nodes.size(); ++n) {
            const int32_t old_first = scratch_.nodes[n].first_edge, count = scratch_.nodes[n].num_edges;
            scratch_.nodes[n].first_edge = static_cast<int32_t>(scratch_.edges.size());
            for (int32_t e = old_first; e < old_first + count; ++e) {
                Edge edge = tree.edges[e];
                if (edge.child >= 0) {
                    Node& moved = tree.nodes[edge.child];
                    edge.child = static_cast<int32_t>(scratch_.nodes.size());
                    scratch_.nodes.push_back(moved);
                    moved.slot = -1;
                }
                scratch_.edges.push_back(edge), scratch_.actions.push_back(tree.actions[e]);
            }
        }
        for (const Node& node : tree.nodes)
            if (node.slot >= 0) tree.free_slots.push_back(node.slot);
        tree.nodes.swap(scratch_.nodes), tree.edges.swap(scratch_.edges), tree.actions.swap(scratch_.actions);
        if (settings_.leaves_per_tree > 1) tree.pending.assign(tree.edges.size(), 0);
        return true;
    }

    // ---- root ---------------------------------------------------------------------------------------------------

    void begin_root(Tree& tree) {
        Node& root = tree.nodes[0];
        Edge* edges = tree.edges.data() + root.first_edge;
        const size_t n = root.num_edges;
        if (!tree.noise.empty() && tree.noise.size() != n) {
            tree.active = false;
            throw std::invalid_argument("begin: the root has " + std::to_string(n) + " actions, but " +
                                        std::to_string(tree.noise.size()) + " noise values were given");
        }
        tree.root_priors.resize(n);
        for (size_t i = 0; i < n; ++i) tree.root_priors[i] = edges[i].probability();
        if (settings_.gumbel) {
            tree.start_visits.resize(n), tree.root_logits.resize(n);
            for (size_t i = 0; i < n; ++i)
                tree.start_visits[i] = edges[i].visits, tree.root_logits[i] = std::log(positive(tree.root_priors[i]));
            const int32_t fresh = std::max(0, tree.budget - tree.root_visits());
            tree.schedule = halving_schedule(std::min<int32_t>(settings_.gumbel_max_considered, static_cast<int32_t>(n)), fresh);
        } else if (!tree.noise.empty()) {
            const float share = settings_.noise_fraction;
            for (size_t i = 0; i < n; ++i) {
                const float mixed = (1.0f - share) * edges[i].probability() + share * tree.noise[i];
                edges[i].prior = edges[i].proven() ? -mixed : mixed;
            }
        }
    }

    bool finished(const Tree& tree) const {
        if (tree.nodes.empty() || tree.in_flight) return false;
        const Node& root = tree.nodes[0];
        return root.num_edges == 0 || root.proven() || tree.root_visits() >= tree.budget;
    }

    void finish(int32_t t) {
        trees_[t].active = false;
        finished_.push_back(t);
    }

    // ---- selection ----------------------------------------------------------------------------------------------

    void select_tree(int32_t t) {
        Tree& tree = trees_[t];
        if (tree.nodes.empty()) {
            request_.add(t, tree.source_slot, -1, take_slot(tree));
            tree.root_requested = true;
            path_offsets_.push_back(path_.size());
            return;
        }
        for (int32_t leaf = 0; leaf < settings_.leaves_per_tree;) {
            if (tree.nodes[0].proven() || tree.root_visits() + tree.in_flight >= tree.budget) break;
            const Descent end = descend(t, tree);
            if (end == Descent::collision) break;
            if (end == Descent::leaf) ++leaf;
        }
        if (finished(tree)) finish(t);
    }

    enum class Descent { leaf, known, collision };

    Descent descend(int32_t t, Tree& tree) {
        const size_t begin = path_.size();
        int32_t at = 0;
        for (;;) {
            const Node& node = tree.nodes[at];
            const int32_t e = node.first_edge + (settings_.gumbel ? select_gumbel(tree, at) : select_puct(tree, at));
            path_.push_back({at, e});
            if (path_.size() - begin > static_cast<size_t>(settings_.max_depth))
                throw ArenaFull("a search path is longer than search.max_depth = " + std::to_string(settings_.max_depth) +
                                "; raise search.max_depth");
            Edge& edge = tree.edges[e];
            if (edge.proven()) {
                back_up(tree, begin, path_.size(), edge.value, edge.value);
                path_.resize(begin);
                return Descent::known;
            }
            if (edge.child == kPending) {
                path_.resize(begin);
                return Descent::collision;
            }
            if (edge.child == kUnexpanded) {
                request_.add(t, node.slot, tree.actions[e], take_slot(tree));
                edge.child = kPending;
                ++tree.in_flight;
                if (settings_.leaves_per_tree > 1)
                    for (size_t i = begin; i < path_.size(); ++i) ++tree.pending[path_[i].edge];
                path_offsets_.push_back(path_.size());
                return Descent::leaf;
            }
            at = edge.child;
            if (tree.nodes[at].flags & kTerminal) {  // reached only where proofs are off
                back_up(tree, begin, path_.size(), tree.nodes[at].reward, kNoOutcome);
                path_.resize(begin);
                return Descent::known;
            }
        }
    }

    float scaled(const Tree& tree, float value) const {
        if (!settings_.minmax || !(tree.highest > tree.lowest)) return value;
        return (value - tree.lowest) / (tree.highest - tree.lowest);
    }

    // Leaves under way through an edge.
    int32_t waiting(const Tree& tree, int32_t e) const { return tree.pending.empty() ? 0 : tree.pending[e]; }

    // Visits and mean of an edge with its leaves under way counted as visits that returned -virtual_loss.
    void observed(const Tree& tree, int32_t e, int32_t& visits, float& value) const {
        const Edge& edge = tree.edges[e];
        visits = edge.visits, value = edge.value;
        const int32_t under_way = waiting(tree, e);
        if (under_way == 0) return;
        visits += under_way;
        value = (value * static_cast<float>(edge.visits) - settings_.virtual_loss * static_cast<float>(under_way)) /
                static_cast<float>(visits);
    }

    int32_t select_puct(const Tree& tree, int32_t at) const {
        const Node& node = tree.nodes[at];
        const Edge* edges = tree.edges.data() + node.first_edge;
        const int32_t n = node.num_edges;
        if (at == 0 && settings_.forced_playouts > 0 && !tree.noise.empty())
            for (int32_t i = 0; i < n; ++i)
                if (!edges[i].proven() && edges[i].visits > 0 && edges[i].visits < forced_visits(node, edges[i])) return i;
        const bool shared = tree.in_flight > 0;
        float visited_mass = 0;
        int32_t node_visits = node.visits;
        for (int32_t i = 0; i < n; ++i) {
            visited_mass += edges[i].visits > 0 ? edges[i].probability() : 0.0f;
            if (shared) node_visits += waiting(tree, node.first_edge + i);
        }
        const float explore = settings_.c_puct * std::sqrt(static_cast<float>(node_visits));
        const float first_play = scaled(tree, node.mean) - settings_.fpu_reduction * std::sqrt(visited_mass);
        int32_t best = 0;
        float best_score = -std::numeric_limits<float>::infinity();
        for (int32_t i = 0; i < n; ++i) {
            const Edge& edge = edges[i];
            float score;
            if (edge.proven()) {
                score = scaled(tree, edge.value);
            } else {
                int32_t visits = edge.visits;
                float value = edge.value;
                if (shared) observed(tree, node.first_edge + i, visits, value);
                score = (visits > 0 ? scaled(tree, value) : first_play) +
                        explore * edge.prior / static_cast<float>(1 + visits);
            }
            if (score > best_score) best_score = score, best = i;
        }
        return best;
    }

    // KataGo's forced playouts: sqrt(k * prior * visits) (Wu 2019, section 3.2).
    float forced_visits(const Node& root, const Edge& edge) const {
        return std::sqrt(settings_.forced_playouts * edge.probability() * static_cast<float>(root.visits - 1));
    }

    // ---- Gumbel (Danihelka et al. 2022) -------------------------------------------------------------------------

    static double positive(float prior) { return std::max(static_cast<double>(prior), 1e-30); }

    // sigma(completed q) of every edge; unvisited edges take the mixed value (equation 33).
    void transformed_values(const Tree& tree, const Node& node, double* sigma) const {
        const Edge* edges = tree.edges.data() + node.first_edge;
        double mass = 0, weighted = 0;
        int32_t total = 0, most = 0;
        for (int32_t i = 0; i < node.num_edges; ++i) {
            const int32_t visits = edges[i].visits;
            total += visits, most = std::max(most, visits);
            if (visits > 0) mass += edges[i].probability(), weighted += static_cast<double>(edges[i].probability()) * edges[i].value;
        }
        const double mixed = mass > 0 ? (node.value + total * (weighted / mass)) / (1 + total) : node.value;
        const double factor = (static_cast<double>(settings_.gumbel_c_visit) + most) * settings_.gumbel_c_scale;
        for (int32_t i = 0; i < node.num_edges; ++i) {
            const bool known = edges[i].visits > 0 || edges[i].proven();
            sigma[i] = factor * unit_scaled(tree, known ? edges[i].value : mixed);
        }
    }

    double unit_scaled(const Tree& tree, double value) const {
        if (!settings_.minmax) return (value + 1.0) / 2.0;
        if (!(tree.highest > tree.lowest)) return value;
        return (value - tree.lowest) / (static_cast<double>(tree.highest) - tree.lowest);
    }

    // softmax(logits + sigma(completed q)) over the edges of a node; the priors are the softmax of the logits, so that
    // this is prior * exp(sigma), normalised.
    template <typename Prior>
    void improved_policy(const Tree& tree, const Node& node, Prior prior, double* policy) const {
        transformed_values(tree, node, policy);
        const double highest = *std::max_element(policy, policy + node.num_edges);
        double sum = 0;
        for (int32_t i = 0; i < node.num_edges; ++i) sum += policy[i] = positive(prior(i)) * std::exp(policy[i] - highest);
        for (int32_t i = 0; i < node.num_edges; ++i) policy[i] /= sum;
    }

    static double root_score(const Tree& tree, const double* sigma, int32_t i) {
        return (tree.noise.empty() ? 0.0 : static_cast<double>(tree.noise[i])) + tree.root_logits[i] + sigma[i];
    }

    int32_t select_gumbel(const Tree& tree, int32_t at) {
        const Node& node = tree.nodes[at];
        const Edge* edges = tree.edges.data() + node.first_edge;
        const int32_t n = node.num_edges;
        policy_.resize(n);
        double best_score = -std::numeric_limits<double>::infinity();
        int32_t best = 0;
        if (at == 0) {
            const int32_t wanted = tree.schedule[std::min<size_t>(tree.simulations + tree.in_flight, tree.schedule.size() - 1)];
            transformed_values(tree, node, policy_.data());
            for (int32_t i = 0; i < n; ++i) {
                const int32_t fresh = edges[i].visits + waiting(tree, node.first_edge + i) - tree.start_visits[i];
                const double score = root_score(tree, policy_.data(), i) - (fresh == wanted ? 0.0 : 1e9);
                if (score > best_score) best_score = score, best = i;
            }
            return best;
        }
        improved_policy(tree, node, [&](int32_t i) { return edges[i].probability(); }, policy_.data());
        int32_t total = 0;
        for (int32_t i = 0; i < n; ++i) total += edges[i].visits + waiting(tree, node.first_edge + i);
        for (int32_t i = 0; i < n; ++i) {
            const int32_t visits = edges[i].visits + waiting(tree, node.first_edge + i);
            const double score = policy_[i] - visits / (1.0 + total);
            if (score > best_score) best_score = score, best = i;
        }
        return best;
    }

    // ---- expansion and back-up ----------------------------------------------------------------------------------

    static void check_finite(const float* numbers, size_t n, const char* what) {
        bool finite = true;
        for (size_t i = 0; i < n; ++i) finite &= std::fabs(numbers[i]) <= std::numeric_limits<float>::max();
        if (!finite)
            throw std::invalid_argument(std::string("expand: the evaluator's ") + what + " are not all finite");
    }

    void expand_row(const Leaves& leaves, size_t row, const float* logits, float value) {
        Tree& tree = trees_[request_.trees[row]];
        const int32_t begin = leaves.all_offsets[row], n = leaves.all_offsets[row + 1] - begin;
        if (n > std::numeric_limits<uint16_t>::max())
            throw std::invalid_argument("expand: a state has " + std::to_string(n) + " legal actions, more than 65535");
        const int32_t index = static_cast<int32_t>(tree.nodes.size()), first = static_cast<int32_t>(tree.edges.size());
        tree.nodes.push_back({first, static_cast<uint16_t>(n), 0, leaves.rewards[row], leaves.discounts[row], value, value,
                              request_.slots[row], 1});
        add_edges(tree, leaves.all_actions.data() + begin, n, logits);
        Node& node = tree.nodes.back();
        if (leaves.terminals[row]) node.flags = kTerminal | (settings_.proofs ? kProven : 0), node.value = node.mean = 0;
        if (settings_.proofs) {
            for (int32_t i = 0; i < n; ++i) {
                const float outcome = leaves.outcomes[begin + i];
                if (!std::isnan(outcome)) tree.edges[first + i].prove(outcome);
            }
            if (n > 0) decide(tree, node);
        } else if (!leaves.terminals[row] && logits == nullptr) {
            throw std::logic_error("expand: lookahead needs search.proofs");
        }
        if (logits == nullptr) node.value = node.mean;
        if (tree.root_requested) {
            tree.root_requested = false;
            begin_root(tree);
            return;
        }
        const size_t path_begin = path_offsets_[row], path_end = path_offsets_[row + 1];
        if (settings_.leaves_per_tree > 1)
            for (size_t i = path_begin; i < path_end; ++i) --tree.pending[path_[i].edge];
        --tree.in_flight;
        tree.edges[path_[path_end - 1].edge].child = index;
        const float edge_value = node.reward + node.discount * node.mean;
        back_up(tree, path_begin, path_end, edge_value, node.proven() ? edge_value : kNoOutcome);
    }

    // Fresh edges with the softmax of the logits as priors; uniform where there are none or all are equal.
    void add_edges(Tree& tree, const int32_t* actions, int32_t n, const float* logits) {
        const size_t first = tree.edges.size();
        tree.edges.resize(first + n);
        tree.actions.insert(tree.actions.end(), actions, actions + n);
        if (settings_.leaves_per_tree > 1) tree.pending.resize(first + n, 0);
        Edge* edges = tree.edges.data() + first;
        float lowest = 0, highest = 0;
        if (logits && n) lowest = *std::min_element(logits, logits + n), highest = *std::max_element(logits, logits + n);
        if (lowest == highest) {
            for (int32_t i = 0; i < n; ++i) edges[i] = {1.0f / static_cast<float>(n), 0, 0, kUnexpanded};
            return;
        }
        policy_.resize(n);
        double sum = 0;
        for (int32_t i = 0; i < n; ++i) sum += policy_[i] = std::exp(static_cast<double>(logits[i] - highest));
        for (int32_t i = 0; i < n; ++i) edges[i] = {static_cast<float>(policy_[i] / sum), 0, 0, kUnexpanded};
    }

    // Mark a node proven where its proven edges decide it: one reaches the best return, or all are proven.
    bool decide(const Tree& tree, Node& node) const {
        const Edge* edges = tree.edges.data() + node.first_edge;
        bool all = true;
        float best = -std::numeric_limits<float>::infinity();
        for (int32_t i = 0; i < node.num_edges; ++i) {
            if (edges[i].proven()) best = std::max(best, edges[i].value);
            else all = false;
        }
        if (!all && !(best >= settings_.best_return)) return false;
        node.flags |= kProven, node.mean = best;
        return true;
    }

    // Add `value`, the return of the path's last edge, to every edge and node of the path, last to first. `exact`: the
    // proven return of the last edge, or NaN.
    void back_up(Tree& tree, size_t path_begin, size_t path_end, float value, float exact) {
        ++tree.simulations, ++total_simulations_;
        for (size_t i = path_end; i-- > path_begin;) {
            Node& node = tree.nodes[path_[i].node];
            Edge& edge = tree.edges[path_[i].edge];
            ++edge.visits, ++node.visits;
            bool decided = false;
            if (settings_.proofs && !std::isnan(exact)) {
                edge.prove(exact);
                decided = decide(tree, node);
            } else if (!edge.proven()) {
                edge.value += (value - edge.value) / static_cast<float>(edge.visits);
            }
            if (!decided && !node.proven()) node.mean += (value - node.mean) / static_cast<float>(node.visits);
            if (settings_.minmax) stretch(tree, edge.value);
            exact = decided ? node.reward + node.discount * node.mean : kNoOutcome;
            value = decided ? exact : node.reward + node.discount * value;
        }
    }

    static void stretch(Tree& tree, float value) {
        tree.lowest = std::min(tree.lowest, value), tree.highest = std::max(tree.highest, value);
    }

    // ---- results ------------------------------------------------------------------------------------------------

    // Actions that a proof rules out as the root's choice: worse than the proven value of the root, or proven lost
    // while another is not.
    bool excluded(const Node& root, const Edge& edge) const {
        if (root.proven()) return !edge.proven() || edge.value < root.mean;
        return edge.proven() && edge.value <= -settings_.best_return;
    }

    std::vector<int32_t> pruned_visits(const Tree& tree) const {
        const Node& root = tree.nodes[0];
        const Edge* edges = tree.edges.data() + root.first_edge;
        const int32_t n = root.num_edges;
        std::vector<int32_t> visits(n);
        int32_t best = -1;
        for (int32_t i = 0; i < n; ++i) {
            visits[i] = edges[i].visits;
            if (!edges[i].proven() && (best < 0 || visits[i] > visits[best])) best = i;
        }
        if (settings_.forced_playouts <= 0 || tree.noise.empty() || best < 0 || root.proven()) return visits;
        const float explore = settings_.c_puct * std::sqrt(static_cast<float>(root.visits));
        const auto score = [&](int32_t i, int32_t count) {
            return scaled(tree, edges[i].value) + explore * edges[i].prior / static_cast<float>(1 + count);
        };
        const float bar = score(best, visits[best]);
        for (int32_t i = 0; i < n; ++i) {
            if (i == best || edges[i].proven() || visits[i] == 0) continue;
            const int32_t least = std::max(0, visits[i] - static_cast<int32_t>(std::ceil(forced_visits(root, edges[i]))));
            while (visits[i] > least && score(i, visits[i] - 1) < bar) --visits[i];
            if (visits[i] == 1) visits[i] = 0;
        }
        return visits;
    }

    int32_t best_edge(const Tree& tree) const {
        const Node& root = tree.nodes[0];
        const Edge* edges = tree.edges.data() + root.first_edge;
        std::vector<double> score(root.num_edges);
        if (settings_.gumbel && !tree.schedule.empty()) {
            std::vector<double> sigma(root.num_edges);
            transformed_values(tree, root, sigma.data());
            int32_t most = 0;
            for (int32_t i = 0; i < root.num_edges; ++i) most = std::max(most, edges[i].visits - tree.start_visits[i]);
            for (int32_t i = 0; i < root.num_edges; ++i)
                score[i] = root_score(tree, sigma.data(), i) - (edges[i].visits - tree.start_visits[i] == most ? 0.0 : 1e9);
        } else {
            for (int32_t i = 0; i < root.num_edges; ++i) score[i] = edges[i].visits + (edges[i].value + 2.0) * 1e-3;
        }
        int32_t open = -1, proven = -1;  // the best of each kind
        for (int32_t i = 0; i < root.num_edges; ++i) {
            int32_t& best = edges[i].proven() ? proven : open;
            const bool better = edges[i].proven()
                                    ? best < 0 || edges[i].value > edges[best].value ||
                                          (edges[i].value == edges[best].value && score[i] > score[best])
                                    : best < 0 || score[i] > score[best];
            if (better) best = i;
        }
        if (open < 0 || proven < 0) return std::max(open, proven);
        if (root.proven()) return proven;
        // Nothing is known of an unvisited action: only a proven loss is worse.
        const float hope = edges[open].visits > 0 ? edges[open].value : -settings_.best_return;
        return edges[proven].value > hope ? proven : open;
    }

    Settings settings_;
    std::vector<Tree> trees_;
    Tree scratch_;
    Request request_;
    std::vector<Step> path_;
    std::vector<size_t> path_offsets_;  // of each row of the request into path_
    std::vector<int32_t> finished_;
    std::vector<double> policy_;
    int64_t total_simulations_ = 0;
};

}  // namespace zeroloop
