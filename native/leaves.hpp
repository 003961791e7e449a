// The two messages between the forest and the environments, as plain arrays.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace zeroloop {

// Asks an environment to apply actions[i] to the state in parent_slots[i] and to keep the result in slots[i].
// Action -1 copies the state without a step: that is how the root of a tree comes into its slot.
struct Request {
    std::vector<int32_t> trees, parent_slots, actions, slots;

    size_t size() const { return slots.size(); }
    void clear() { trees.clear(), parent_slots.clear(), actions.clear(), slots.clear(); }
    void add(int32_t tree, int32_t parent_slot, int32_t action, int32_t slot) {
        trees.push_back(tree), parent_slots.push_back(parent_slot), actions.push_back(action), slots.push_back(slot);
    }
};

constexpr float kNoOutcome = std::numeric_limits<float>::quiet_NaN();

// The answer to a Request, row by row: transition, legal actions (CSR) and, with lookahead, the exact return of
// actions that end the episode at once. Live rows are those that an evaluator still has to judge: neither terminal
// nor decided by such actions (one of them reaches the best return, or all actions are of this kind).
struct Leaves {
    std::vector<int32_t> all_slots, all_offsets{0}, all_actions;
    std::vector<float> rewards, discounts, outcomes;
    std::vector<uint8_t> terminals, lives;
    std::vector<int32_t> slots, offsets{0}, actions;  // live rows only, compacted
    float best_return = 1.0f;

    size_t rows() const { return all_slots.size(); }
    void clear() {
        all_slots.clear(), all_actions.clear(), rewards.clear(), discounts.clear(), outcomes.clear();
        terminals.clear(), lives.clear(), slots.clear(), actions.clear();
        all_offsets.assign(1, 0), offsets.assign(1, 0);
    }
    // Actions of a row are added first, in ascending order; end_row closes it.
    void add_action(int32_t action, float outcome = kNoOutcome) {
        all_actions.push_back(action), outcomes.push_back(outcome);
        if (outcome >= best_return) decided_ = true;
        if (std::isnan(outcome)) open_ = true;
    }
    void end_row(int32_t slot, float reward, float discount, bool terminal) {
        const int32_t begin = all_offsets.back(), end = static_cast<int32_t>(all_actions.size());
        const bool live = !terminal && !decided_ && open_;
        all_slots.push_back(slot), all_offsets.push_back(end), rewards.push_back(reward);
        discounts.push_back(discount), terminals.push_back(terminal), lives.push_back(live);
        if (live) {
            slots.push_back(slot);
            actions.insert(actions.end(), all_actions.begin() + begin, all_actions.begin() + end);
            offsets.push_back(static_cast<int32_t>(actions.size()));
        }
        decided_ = open_ = false;
    }

  private:
    bool decided_ = false, open_ = false;
};

}  // namespace zeroloop
