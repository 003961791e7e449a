// What the binding files share: NumPy argument and result types, and Leaves with its environment.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <utility>
#include <vector>

#include "leaves.hpp"

namespace nb = nanobind;

namespace zeroloop {

template <typename T>
using In = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <typename T>
using Array = nb::ndarray<nb::numpy, T, nb::ndim<1>>;

// A NumPy view of a vector owned by the C++ object behind `owner`; valid until that object changes.
template <typename T>
Array<T> view(const std::vector<T>& values, nb::handle owner) {
    return Array<T>(const_cast<T*>(values.data()), {values.size()}, owner);
}

// A NumPy array that owns the vector.
template <typename T>
Array<T> own(std::vector<T>&& values) {
    auto* kept = new std::vector<T>(std::move(values));
    nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
    return Array<T>(kept->data(), {kept->size()}, owner);
}

template <typename T>
std::vector<T> copy(const In<T>& values) {
    return std::vector<T>(values.data(), values.data() + values.size());
}

struct PyLeaves : Leaves {
    nb::object environment;
};

void bind_forest(nb::module_& module);
void bind_connect_four(nb::module_& module);
void bind_evaluation_cache(nb::module_& module);
void bind_maze(nb::module_& module);
void bind_reasoner(nb::module_& module);
void bind_sudoku(nb::module_& module);

}  // namespace zeroloop
