#include "forest.hpp"

#include "bindings.hpp"

namespace zeroloop {
namespace {

void begin(Forest& forest, In<int32_t> trees, In<int32_t> source_slots, In<int32_t> budgets, In<int32_t> actions,
           In<int32_t> noise_offsets, In<float> noise) {
    const size_t n = trees.size();
    if (source_slots.size() != n || budgets.size() != n || actions.size() != n || noise_offsets.size() != n + 1)
        throw std::invalid_argument("begin: every array needs one entry per tree, noise_offsets one more");
    const int32_t* offset = noise_offsets.data();
    if (offset[0] != 0 || static_cast<size_t>(offset[n]) != noise.size())
        throw std::invalid_argument("begin: noise_offsets must start at 0 and end at the number of noise values");
    if (!std::is_sorted(offset, offset + n + 1)) throw std::invalid_argument("begin: noise_offsets must not decrease");
    for (size_t i = 0; i < n; ++i)
        forest.begin(trees.data()[i], source_slots.data()[i], budgets.data()[i], actions.data()[i],
                     noise.data() + offset[i], static_cast<size_t>(offset[i + 1] - offset[i]));
}

nb::dict results(const Forest& forest, In<int32_t> trees) {
    std::vector<int32_t> offsets{0}, actions, visits, simulations;
    std::vector<float> values, priors, weights, root_values, raw_values, proven;
    for (size_t i = 0; i < trees.size(); ++i) {
        const int32_t t = trees.data()[i];
        const Tree& tree = forest.tree(t);
        if (tree.nodes.empty()) throw std::invalid_argument("results: tree " + std::to_string(t) + " holds no search");
        const Node& root = tree.nodes[0];
        for (int32_t j = 0; j < root.num_edges; ++j) {
            const Edge& edge = tree.edges[root.first_edge + j];
            actions.push_back(tree.actions[root.first_edge + j]), visits.push_back(edge.visits);
            values.push_back(edge.value), priors.push_back(tree.root_priors[j]);
        }
        weights.resize(actions.size());
        if (root.num_edges) forest.action_weights(t, weights.data() + offsets.back());
        offsets.push_back(static_cast<int32_t>(actions.size()));
        root_values.push_back(root.mean), raw_values.push_back(root.value);
        proven.push_back(root.proven() ? root.mean : kNoOutcome);
        simulations.push_back(tree.simulations);
    }
    nb::dict result;
    result["offsets"] = own(std::move(offsets)), result["actions"] = own(std::move(actions));
    result["visit_counts"] = own(std::move(visits)), result["action_values"] = own(std::move(values));
    result["priors"] = own(std::move(priors)), result["action_weights"] = own(std::move(weights));
    result["root_values"] = own(std::move(root_values)), result["raw_values"] = own(std::move(raw_values));
    result["proven"] = own(std::move(proven)), result["simulations"] = own(std::move(simulations));
    return result;
}

// The actions to play at the roots of the given trees; see Forest::choose.
Array<int32_t> choose(const Forest& forest, In<int32_t> trees, In<float> temperatures, In<float> uniforms) {
    if (temperatures.size() != trees.size() || uniforms.size() != trees.size())
        throw std::invalid_argument("choose: temperatures and uniforms need one entry per tree");
    std::vector<int32_t> chosen(trees.size());
    for (size_t i = 0; i < chosen.size(); ++i) {
        const int32_t t = trees.data()[i];
        const int32_t edge = forest.choose(t, temperatures.data()[i], uniforms.data()[i]);
        const Tree& tree = forest.tree(t);
        chosen[i] = tree.actions[tree.nodes[0].first_edge + edge];
    }
    return own(std::move(chosen));
}

nb::dict dump(const Forest& forest, int32_t t) {
    const Tree& tree = forest.tree(t);
    std::vector<int32_t> first_edges, num_edges, slots, visits, children, edge_visits;
    std::vector<float> values, means, rewards, discounts, priors, edge_values;
    std::vector<uint8_t> node_proven, edge_proven;
    for (const Node& node : tree.nodes) {
        first_edges.push_back(node.first_edge), num_edges.push_back(node.num_edges), slots.push_back(node.slot);
        visits.push_back(node.visits), values.push_back(node.value), means.push_back(node.mean);
        rewards.push_back(node.reward), discounts.push_back(node.discount), node_proven.push_back(node.proven());
    }
    for (const Edge& edge : tree.edges) {
        children.push_back(edge.child), edge_visits.push_back(edge.visits), priors.push_back(edge.probability());
        edge_values.push_back(edge.value), edge_proven.push_back(edge.proven());
    }
    std::vector<int32_t> actions(tree.actions);
    nb::dict result;
    result["node_first_edge"] = own(std::move(first_edges)), result["node_num_edges"] = own(std::move(num_edges));
    result["node_slot"] = own(std::move(slots)), result["node_visits"] = own(std::move(visits));
    result["node_value"] = own(std::move(values)), result["node_mean"] = own(std::move(means));
    result["node_reward"] = own(std::move(rewards)), result["node_discount"] = own(std::move(discounts));
    result["node_proven"] = own(std::move(node_proven)), result["edge_child"] = own(std::move(children));
    result["edge_action"] = own(std::move(actions)), result["edge_visits"] = own(std::move(edge_visits));
    result["edge_prior"] = own(std::move(priors)), result["edge_value"] = own(std::move(edge_values));
    result["edge_proven"] = own(std::move(edge_proven));
    return result;
}

}  // namespace

void bind_forest(nb::module_& module) {
    nb::register_exception_translator(
        [](const std::exception_ptr& raised, void*) {
            try {
                std::rethrow_exception(raised);
            } catch (const ArenaFull& error) {
                nb::object type = nb::module_::import_("zeroloop.errors").attr("ArenaFullError");
                PyErr_SetString(type.ptr(), error.what());
            }
        },
        nullptr);

    nb::class_<Forest>(module, "Forest", "Search trees that advance together; see zeroloop.search.")
        .def(
            "__init__",
            [](Forest* self, int32_t num_trees, bool gumbel, bool proofs, bool minmax, bool reuse_subtree, float c_puct,
               float fpu_reduction, float noise_fraction, float forced_playouts, int32_t gumbel_max_considered,
               float gumbel_c_visit, float gumbel_c_scale, float best_return, int32_t leaves_per_tree,
               float virtual_loss, int32_t max_nodes, int32_t max_depth) {
                if (num_trees < 1 || max_nodes < 2) throw std::invalid_argument("Forest: num_trees >= 1 and max_nodes >= 2");
                if (static_cast<int64_t>(num_trees) * max_nodes > std::numeric_limits<int32_t>::max() / 2)
                    throw ArenaFull("num_trees * search.max_nodes = " +
                                    std::to_string(static_cast<int64_t>(num_trees) * max_nodes) +
                                    " slots are more than a forest can address; use fewer trees or simulations");
                new (self) Forest(num_trees, Settings{gumbel, proofs, minmax, reuse_subtree, c_puct, fpu_reduction,
                                                      noise_fraction, forced_playouts, gumbel_max_considered,
                                                      gumbel_c_visit, gumbel_c_scale, best_return, leaves_per_tree,
                                                      virtual_loss, max_nodes, max_depth});
            },
            nb::arg("num_trees"), nb::kw_only(), nb::arg("gumbel"), nb::arg("proofs"), nb::arg("minmax"),
            nb::arg("reuse_subtree"), nb::arg("c_puct"), nb::arg("fpu_reduction"), nb::arg("noise_fraction"),
            nb::arg("forced_playouts"), nb::arg("gumbel_max_considered"), nb::arg("gumbel_c_visit"),
            nb::arg("gumbel_c_scale"), nb::arg("best_return"), nb::arg("leaves_per_tree"), nb::arg("virtual_loss"),
            nb::arg("max_nodes"), nb::arg("max_depth"))
        .def("begin", &begin, nb::arg("trees"), nb::arg("source_slots"), nb::arg("budgets"), nb::arg("actions"),
             nb::arg("noise_offsets"), nb::arg("noise"))
        .def(
            "select",
            [](Forest& self) -> Request& {
                nb::gil_scoped_release released;
                self.select();
                return self.request();
            },
            nb::rv_policy::reference_internal)
        .def(
            "expand",
            [](Forest& self, const PyLeaves& leaves, In<float> logits, In<float> values) {
                nb::gil_scoped_release released;
                self.expand(leaves, logits.data(), logits.size(), values.data(), values.size());
            },
            nb::arg("leaves"), nb::arg("logits"), nb::arg("values"))
        .def("take_finished", [](Forest& self) { return own(self.take_finished()); })
        .def("results", &results, nb::arg("trees"))
        .def("choose", &choose, nb::arg("trees"), nb::arg("temperatures"), nb::arg("uniforms"))
        .def("stop", [](Forest& self, int32_t tree) { self.stop(tree); }, nb::arg("tree"),
             "End the search in a tree where it is; it will not be among the finished ones.")
        .def("tree", &dump, nb::arg("tree"), "Nodes and edges of one tree as arrays; node 0 is the root.")
        .def_prop_ro("num_trees", &Forest::num_trees)
        .def_prop_ro("num_slots", &Forest::num_slots)
        .def_prop_ro("total_simulations", &Forest::total_simulations);
}

}  // namespace zeroloop
