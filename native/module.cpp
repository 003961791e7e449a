// The extension module zeroloop._native: Request and Leaves here, the rest in one file each.
#include <nanobind/stl/optional.h>

#include <algorithm>

#include "bindings.hpp"

namespace zeroloop {
namespace {

void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

Request make_request(In<int32_t> parent_slots, In<int32_t> actions, In<int32_t> slots) {
    require(parent_slots.size() == actions.size() && actions.size() == slots.size(),
            "Request: parent_slots, actions and slots must have equal length");
    Request request;
    request.trees.assign(slots.size(), -1);
    request.parent_slots = copy(parent_slots), request.actions = copy(actions), request.slots = copy(slots);
    return request;
}

PyLeaves make_leaves(nb::object environment, In<int32_t> slots, In<float> rewards, In<float> discounts,
                     In<bool> terminals, In<int32_t> offsets, In<int32_t> actions, std::optional<In<float>> outcomes) {
    const size_t n = slots.size();
    require(rewards.size() == n && discounts.size() == n && terminals.size() == n && offsets.size() == n + 1,
            "Leaves: rewards, discounts and terminals need one entry per slot, offsets one more");
    const int32_t* offset = offsets.data();
    require(offset[0] == 0 && static_cast<size_t>(offset[n]) == actions.size(),
            "Leaves: offsets must start at 0 and end at the number of actions");
    require(std::is_sorted(offset, offset + n + 1), "Leaves: offsets must not decrease");
    require(!outcomes || outcomes->size() == actions.size(), "Leaves: outcomes need one entry per action");
    PyLeaves leaves;
    leaves.environment = std::move(environment);
    for (size_t i = 0; i < n; ++i) {
        require(terminals.data()[i] == (offset[i] == offset[i + 1]),
                "Leaves: a row has no actions exactly when it is terminal");
        for (int32_t j = offset[i]; j < offset[i + 1]; ++j)
            leaves.add_action(actions.data()[j], outcomes ? outcomes->data()[j] : kNoOutcome);
        leaves.end_row(slots.data()[i], rewards.data()[i], discounts.data()[i], terminals.data()[i]);
    }
    return leaves;
}

template <typename Class, typename Owner, typename T>
void field(Class& cls, const char* name, std::vector<T> Owner::*member) {
    cls.def_prop_ro(name, [member](nb::handle_t<typename Class::Type> self) {
        return view(nb::cast<typename Class::Type&>(self).*member, self);
    });
}

}  // namespace

NB_MODULE(_native, module) {
    module.doc() = "The compiled core: search forest, native games, evaluation cache, reasoners.";

    nb::class_<Request> request(module, "Request", "Rows for an environment to expand; see zeroloop.contracts.Request.");
    request.def(
        "__init__",
        [](Request* self, In<int32_t> parent_slots, In<int32_t> actions, In<int32_t> slots) {
            new (self) Request(make_request(parent_slots, actions, slots));
        },
        nb::arg("parent_slots"), nb::arg("actions"), nb::arg("slots"));
    request.def("__len__", &Request::size);
    field(request, "trees", &Request::trees);
    field(request, "parent_slots", &Request::parent_slots);
    field(request, "actions", &Request::actions);
    field(request, "slots", &Request::slots);

    nb::class_<PyLeaves> leaves(module, "Leaves",
                                "Expanded rows. slots, offsets, actions: the live rows, see zeroloop.contracts.Leaves.");
    leaves.def_static("from_arrays", &make_leaves, nb::arg("environment").none(), nb::arg("slots"), nb::arg("rewards"),
                      nb::arg("discounts"), nb::arg("terminals"), nb::arg("offsets"), nb::arg("actions"),
                      nb::arg("outcomes").none() = nb::none());
    leaves.def_prop_ro("environment", [](PyLeaves& self) { return self.environment; });
    leaves.def("__len__", [](const PyLeaves& self) { return self.slots.size(); });
    leaves.def_prop_ro("num_actions", [](const PyLeaves& self) { return self.actions.size(); },
                       "Legal actions of all live rows together.");
    leaves.def_prop_ro("roots", [](const PyLeaves&) { return nb::none(); }, "None: the forest's request knows them.");
    field(leaves, "slots", &Leaves::slots);
    field(leaves, "offsets", &Leaves::offsets);
    field(leaves, "actions", &Leaves::actions);
    field(leaves, "all_slots", &Leaves::all_slots);
    field(leaves, "all_offsets", &Leaves::all_offsets);
    field(leaves, "all_actions", &Leaves::all_actions);
    field(leaves, "rewards", &Leaves::rewards);
    field(leaves, "discounts", &Leaves::discounts);
    field(leaves, "outcomes", &Leaves::outcomes);
    leaves.def_prop_ro("terminals", [](nb::handle_t<PyLeaves> self) {
        auto& values = nb::cast<PyLeaves&>(self).terminals;
        return nb::ndarray<nb::numpy, bool, nb::ndim<1>>(values.data(), {values.size()}, self);
    });

    bind_forest(module);
    bind_connect_four(module);
    bind_evaluation_cache(module);
    bind_maze(module);
    bind_reasoner(module);
    bind_sudoku(module);
}

}  // namespace zeroloop
