// Python binding of ConnectFourStates; zeroloop/envs/connect_four.py adds the environment and its state type.
#include "connect_four.hpp"

#include <nanobind/stl/pair.h>

#include "bindings.hpp"

namespace zeroloop {
namespace {

struct PyConnectFour : ConnectFourStates {
    using ConnectFourStates::ConnectFourStates;
    Leaves spare;
};

// Gives its memory back to its states when Python drops it, so that a search allocates none from round to round. States
// that kept their Leaves instead would form a cycle with them, and large arrays would wait for the garbage collector.
struct LentLeaves : PyLeaves {
    LentLeaves(nb::object states, Leaves&& filled) : PyLeaves{{std::move(filled)}, std::move(states)} {}
    LentLeaves(LentLeaves&&) = default;
    ~LentLeaves() {
        if (!environment.is_valid()) return;  // moved from
        nb::cast<PyConnectFour&>(environment).spare = std::move(static_cast<Leaves&>(*this));
    }
};

nb::object expand(nb::handle_t<PyConnectFour> self, const Request& request) {
    auto& states = nb::cast<PyConnectFour&>(self);
    Leaves leaves = std::move(states.spare);
    {
        nb::gil_scoped_release release;
        states.expand(request, leaves);
    }
    return nb::cast(LentLeaves(nb::borrow(self), std::move(leaves)));
}

nb::object legal(const PyConnectFour& states, In<int32_t> slots) {
    std::vector<int32_t> offsets, actions;
    states.legal(slots.data(), slots.size(), offsets, actions);
    return nb::make_tuple(own(std::move(offsets)), own(std::move(actions)));
}

nb::object keys(const PyConnectFour& states, In<int32_t> slots) {
    std::vector<uint64_t> found(slots.size());
    std::vector<uint8_t> symmetries(slots.size());
    {
        nb::gil_scoped_release release;
        states.keys(slots.data(), slots.size(), found.data(), symmetries.data());
    }
    return nb::make_tuple(own(std::move(found)), own(std::move(symmetries)));
}

using Planes = nb::ndarray<float, nb::shape<-1, c4::kPlanes, c4::kHeight, c4::kWidth>, nb::c_contig, nb::device::cpu>;

void observe(const PyConnectFour& states, In<int32_t> slots, In<uint8_t> symmetries, Planes out) {
    if (symmetries.size() != slots.size() || out.shape(0) != slots.size())
        throw std::invalid_argument("observe: slots, symmetries and out must have equal length");
    nb::gil_scoped_release release;
    states.observe(slots.data(), symmetries.data(), slots.size(), out.data());
}

nb::object rollout(const PyConnectFour& states, In<int32_t> slots, uint64_t seed) {
    std::vector<float> values(slots.size());
    {
        nb::gil_scoped_release release;
        states.rollout(slots.data(), slots.size(), seed, values.data());
    }
    return nb::cast(own(std::move(values)));
}

}  // namespace

void bind_connect_four(nb::module_& module) {
    nb::class_<LentLeaves, PyLeaves>(module, "LentLeaves", "Leaves whose memory the next expand uses again.");
    nb::class_<PyConnectFour>(module, "ConnectFourStates",
                              "Connect Four positions on the 7x6 board; see zeroloop.contracts.BatchEnvironment.")
        .def(nb::init<int32_t, bool>(), nb::arg("num_slots"), nb::arg("lookahead") = true)
        .def_prop_ro("num_slots", &ConnectFourStates::num_slots)
        .def(
            "write",
            [](PyConnectFour& states, int32_t slot, std::pair<uint64_t, uint64_t> position) {
                states.write(slot, {position.first, position.second});
            },
            nb::arg("slot"), nb::arg("state"), "Put (own stones, all stones) into a slot.")
        .def(
            "read",
            [](const PyConnectFour& states, int32_t slot) {
                const c4::Position& position = states.read(slot);
                return std::pair(position.own, position.mask);
            },
            nb::arg("slot"), "The (own stones, all stones) of a slot.")
        .def("expand", &expand, nb::arg("request"), "Leaves over all rows of a request.")
        .def("legal", &legal, nb::arg("slots"))
        .def("keys", &keys, nb::arg("slots"))
        .def("observe", &observe, nb::arg("slots"), nb::arg("symmetries"), nb::arg("out").noconvert())
        .def("rollout", &rollout, nb::arg("slots"), nb::arg("seed"),
             "Results of uniformly random play to the end, float32 [n], for the player to move in each slot.");
}

}  // namespace zeroloop
