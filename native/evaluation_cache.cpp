// Python binding of EvaluationCache; zeroloop/evaluators/cached.py is its only user.
#include "evaluation_cache.hpp"

#include "bindings.hpp"

namespace zeroloop {
namespace {

using Maps = nb::ndarray<const int32_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

// One batch from begin to finish; keeps the arrays alive in between.
struct Batch {
    In<uint64_t> keys;
    In<uint8_t> symmetries;
    In<int32_t> offsets, actions;
    Maps maps;

    CacheRows rows() const { return {keys.size(), keys.data(), symmetries.data(), offsets.data(), actions.data()}; }
    ActionMaps action_maps() const { return {maps.shape(0), maps.shape(1), maps.data()}; }
};

struct PyEvaluationCache : EvaluationCache {
    using EvaluationCache::EvaluationCache;
    Batch batch;
    std::vector<int32_t> missing;
    size_t missing_actions = 0;
};

nb::tuple begin(PyEvaluationCache& cache, In<uint64_t> keys, In<uint8_t> symmetries, In<int32_t> offsets,
                In<int32_t> actions, Maps maps) {
    const size_t n = keys.size();
    require(symmetries.size() == n && offsets.size() == n + 1, "keys, symmetries and offsets must fit together");
    require(offsets(0) == 0 && static_cast<size_t>(offsets(n)) == actions.size(),
            "offsets must start at 0 and end at the number of actions");
    cache.batch = {keys, symmetries, offsets, actions, maps};
    cache.begin(cache.batch.rows(), cache.batch.action_maps(), cache.missing);
    std::vector<int32_t> missing_offsets{0}, missing_actions;
    missing_offsets.reserve(cache.missing.size() + 1), missing_actions.reserve(actions.size());
    for (int32_t row : cache.missing) {
        missing_actions.insert(missing_actions.end(), actions.data() + offsets(row), actions.data() + offsets(row + 1));
        missing_offsets.push_back(static_cast<int32_t>(missing_actions.size()));
    }
    cache.missing_actions = missing_actions.size();
    return nb::make_tuple(own(std::vector<int32_t>(cache.missing)), own(std::move(missing_offsets)),
                          own(std::move(missing_actions)));
}

nb::tuple finish(PyEvaluationCache& cache, In<float> missing_logits, In<float> missing_values) {
    require(missing_values.size() == cache.missing.size() && missing_logits.size() == cache.missing_actions,
            "the evaluator must return one value per row and one logit per legal action");
    const CacheRows rows = cache.batch.rows();
    std::vector<float> logits(cache.batch.actions.size()), values(rows.size);
    cache.finish(rows, cache.batch.action_maps(), cache.missing, missing_logits.data(), missing_values.data(),
                 logits.data(), values.data());
    cache.batch = {};
    cache.missing.clear(), cache.missing_actions = 0;
    return nb::make_tuple(own(std::move(logits)), own(std::move(values)));
}

}  // namespace

void bind_evaluation_cache(nb::module_& module) {
    nb::class_<PyEvaluationCache>(module, "EvaluationCache",
                                  "Answers of an evaluator by canonical state key; for one thread.")
        .def(nb::init<size_t>(), nb::arg("capacity"))
        .def("begin", &begin, nb::arg("keys"), nb::arg("symmetries"), nb::arg("offsets"), nb::arg("actions"),
             nb::arg("action_maps"),
             "(rows, offsets, actions) of the rows that the evaluator must be asked; finish() has to follow.")
        .def("finish", &finish, nb::arg("logits"), nb::arg("values"),
             "(logits, values) of all rows of begin(), given the evaluator's answers for those it returned.")
        .def("clear", [](PyEvaluationCache& cache) { cache.clear(); })
        .def("__len__", &EvaluationCache::size)
        .def_ro("hits", &EvaluationCache::hits)
        .def_ro("duplicates", &EvaluationCache::duplicates)
        .def_ro("misses", &EvaluationCache::misses);
}

}  // namespace zeroloop
