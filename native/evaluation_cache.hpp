// Answers of an evaluator by state key: bounded memory, and duplicates inside one batch asked for once.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace zeroloop {

// Rows of a batch: legal actions in CSR form, and the symmetry that turns each state into its canonical one.
struct CacheRows {
    size_t size;
    const uint64_t* keys;
    const uint8_t* symmetries;
    const int32_t *offsets, *actions;
};

// action_maps[s * num_actions + a]: action a on the board transformed by s. num_actions 0: no fixed action space, and
// logits are kept in the order of the legal actions.
struct ActionMaps {
    size_t count = 0, num_actions = 0;
    const int32_t* data = nullptr;
};

// One hash table with its answers, filled until it is cleared. Linear probing at a load of at most one half.
class CacheGeneration {
  public:
    struct Entry {
        uint64_t key;
        float value;
        int32_t count;  // legal actions
        size_t logits;  // first of them in logits_
    };

    void reserve(size_t entries) {
        size_t size = 16;
        while (size < 2 * entries) size *= 2;
        if (size > table_.size()) table_.assign(size, Slot{0, -1}), entries_.clear(), logits_.clear();
        entries_.reserve(entries);
    }
    void clear() {
        std::fill(table_.begin(), table_.end(), Slot{0, -1});
        entries_.clear(), logits_.clear();
    }
    size_t size() const { return entries_.size(); }
    void prefetch(uint64_t key) const { __builtin_prefetch(&table_[home(key)]); }

    int32_t find(uint64_t key) const {
        for (size_t i = home(key);; i = (i + 1) & (table_.size() - 1)) {
            if (table_[i].entry < 0) return -1;
            if (table_[i].key == key) return table_[i].entry;
        }
    }
    int32_t insert(uint64_t key, int32_t count, size_t stride) {
        size_t i = home(key);
        while (table_[i].entry >= 0) i = (i + 1) & (table_.size() - 1);
        const int32_t entry = static_cast<int32_t>(entries_.size());
        table_[i] = {key, entry};
        entries_.push_back({key, 0.0f, count, logits_.size()});
        logits_.resize(logits_.size() + stride);
        return entry;
    }
    Entry& entry(int32_t index) { return entries_[static_cast<size_t>(index)]; }
    float* logits(int32_t index) { return logits_.data() + entries_[static_cast<size_t>(index)].logits; }

  private:
    struct Slot {
        uint64_t key;
        int32_t entry;  // -1: free
    };
    // Keys may be plain bitboards, so they are mixed first (finaliser of splitmix64, Steele et al. 2014).
    size_t home(uint64_t key) const {
        key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9u;
        key = (key ^ (key >> 27)) * 0x94d049bb133111ebu;
        return static_cast<size_t>(key ^ (key >> 31)) & (table_.size() - 1);
    }

    std::vector<Slot> table_;
    std::vector<Entry> entries_;
    std::vector<float> logits_;
};

// Replacement by two generations: new answers go into the young one; when it is full it becomes the old one and what
// was old is forgotten. An answer found in the old generation moves to the young one, so what is in use stays.
class EvaluationCache {
  public:
    explicit EvaluationCache(size_t capacity) : half_((capacity + 1) / 2) {
        if (capacity < 1) throw std::invalid_argument("the capacity of an evaluation cache must be at least 1");
        clear();
    }

    uint64_t hits = 0, duplicates = 0, misses = 0;

    size_t size() const { return young_.size() + old_.size(); }
    void clear() {
        young_.clear(), old_.clear();
        young_.reserve(half_), old_.reserve(1);
        open_ = false;
    }

    // Finds every row, or takes it into the cache with its answer still to come; the rows listed in `missing` are what
    // the evaluator has to be asked, and finish() brings its answers.
    void begin(const CacheRows& rows, const ActionMaps& maps, std::vector<int32_t>& missing) {
        check(rows, maps);
        if (open_) clear();  // an evaluation was interrupted: entries without an answer must not be found
        rotate(rows.size);
        open_ = true;
        entries_.resize(rows.size);
        missing.clear();
        const int32_t first_new = static_cast<int32_t>(young_.size());
        constexpr size_t ahead = 8;
        for (size_t i = 0; i < rows.size; ++i) {
            if (i + ahead < rows.size) young_.prefetch(rows.keys[i + ahead]), old_.prefetch(rows.keys[i + ahead]);
            entries_[i] = locate(rows, i, maps.num_actions, first_new, missing);
        }
    }

    // Stores the evaluator's answers for `missing` (CSR in that order) and writes those of all rows.
    void finish(const CacheRows& rows, const ActionMaps& maps, const std::vector<int32_t>& missing,
                const float* missing_logits, const float* missing_values, float* logits, float* values) {
        for (size_t k = 0; k < missing.size(); ++k) {
            const size_t row = static_cast<size_t>(missing[k]);
            young_.entry(entries_[row]).value = missing_values[k];
            float* stored = young_.logits(entries_[row]);
            for_each_action(rows, maps, row, [&](int32_t, size_t at) { stored[at] = *missing_logits++; });
        }
        for (size_t row = 0; row < rows.size; ++row) {
            values[row] = young_.entry(entries_[row]).value;
            const float* stored = young_.logits(entries_[row]);
            for_each_action(rows, maps, row, [&](int32_t index, size_t at) { logits[index] = stored[at]; });
        }
        open_ = false;
    }

  private:
    static void check(const CacheRows& rows, const ActionMaps& maps) {
        for (size_t i = 0; i < rows.size; ++i) {
            if (rows.offsets[i] > rows.offsets[i + 1]) throw std::invalid_argument("offsets must not decrease");
            if (rows.symmetries[i] >= maps.count) throw std::out_of_range("symmetry outside the environment's table");
        }
        if (maps.num_actions == 0) return;
        for (int32_t j = rows.size ? rows.offsets[0] : 0; j < (rows.size ? rows.offsets[rows.size] : 0); ++j)
            if (static_cast<uint32_t>(rows.actions[j]) >= maps.num_actions)
                throw std::out_of_range("action " + std::to_string(rows.actions[j]) + " is outside 0.." +
                                        std::to_string(maps.num_actions - 1));
        for (size_t k = 0; k < maps.count * maps.num_actions; ++k)
            if (static_cast<uint32_t>(maps.data[k]) >= maps.num_actions)
                throw std::out_of_range("a symmetry maps an action outside the action space");
    }

    void rotate(size_t rows) {
        if (young_.size() + rows <= half_) return;
        std::swap(young_, old_);
        young_.clear();
        young_.reserve(std::max(half_, rows));
    }

    int32_t locate(const CacheRows& rows, size_t row, size_t num_actions, int32_t first_new,
                   std::vector<int32_t>& missing) {
        const uint64_t key = rows.keys[row];
        const int32_t count = rows.offsets[row + 1] - rows.offsets[row];
        const size_t stride = num_actions ? num_actions : static_cast<size_t>(count);
        int32_t found = young_.find(key);
        if (found >= 0) {
            const bool waiting = found >= first_new && std::isnan(young_.entry(found).value);
            ++(waiting ? duplicates : hits);
            require_count(young_.entry(found), count);
            return found;
        }
        const int32_t kept = old_.find(key);
        found = young_.insert(key, count, stride);
        if (kept >= 0) {
            ++hits;
            require_count(old_.entry(kept), count);
            young_.entry(found).value = old_.entry(kept).value;
            std::copy_n(old_.logits(kept), stride, young_.logits(found));
        } else {
            ++misses;
            young_.entry(found).value = kWaiting;
            missing.push_back(static_cast<int32_t>(row));
        }
        return found;
    }

    static void require_count(const CacheGeneration::Entry& entry, int32_t count) {
        if (entry.count != count)
            throw std::invalid_argument("two states with the key " + std::to_string(entry.key) + " have " +
                                        std::to_string(entry.count) + " and " + std::to_string(count) +
                                        " legal actions: the environment's keys() must tell such states apart");
    }

    template <typename Visit>
    static void for_each_action(const CacheRows& rows, const ActionMaps& maps, size_t row, Visit visit) {
        const int32_t begin = rows.offsets[row], end = rows.offsets[row + 1];
        const int32_t* map = maps.num_actions ? maps.data + rows.symmetries[row] * maps.num_actions : nullptr;
        for (int32_t j = begin; j < end; ++j)
            visit(j, static_cast<size_t>(map ? map[rows.actions[j]] : j - begin));
    }

    static constexpr float kWaiting = std::numeric_limits<float>::quiet_NaN();

    size_t half_;
    CacheGeneration young_, old_;
    std::vector<int32_t> entries_;  // of the open batch: where each row's answer is in young_
    bool open_ = false;
};

}  // namespace zeroloop
