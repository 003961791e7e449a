// Connect Four on 7x6 bitboards: all positions of a search in one array, addressed by slot.
#pragma once
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "leaves.hpp"

namespace zeroloop {

// Square (column, row) is bit column * 7 + row, row 0 at the bottom. The seventh bit of a column stays 0, so that lines
// found by shifting never run from one column into the next (J. Tromp's layout, as in Pascal Pons' solver).
namespace c4 {

constexpr int kWidth = 7, kHeight = 6, kStride = kHeight + 1, kPlanes = 2, kCells = kWidth * kHeight;
constexpr uint64_t kColumn = (uint64_t{1} << kHeight) - 1;

constexpr uint64_t bottom_row() {
    uint64_t bits = 0;
    for (int column = 0; column < kWidth; ++column) bits |= uint64_t{1} << (column * kStride);
    return bits;
}
constexpr uint64_t kBottom = bottom_row(), kBoard = kBottom * kColumn;

struct Position {
    uint64_t own = 0, mask = 0;  // stones of the player to move; stones of both

    uint64_t opponent() const { return mask ^ own; }
    uint64_t landing() const { return (mask + kBottom) & kBoard; }  // where the next stone of each column would lie
    // Unique: in each column, own + mask is at least the mask, and less than the mask with one stone more.
    uint64_t key() const { return own + mask; }
    void play(uint64_t square) {
        own ^= mask;
        mask |= square;
    }
};

inline bool has_four(uint64_t stones) {
    for (int shift : {1, kStride - 1, kStride, kStride + 1}) {
        const uint64_t pairs = stones & (stones >> shift);
        if (pairs & (pairs >> 2 * shift)) return true;
    }
    return false;
}

inline bool ended(const Position& position) {
    return position.mask == kBoard || has_four(position.opponent());
}

// Empty squares, reachable or not, that would complete four of `stones`.
inline uint64_t winning_squares(uint64_t stones, uint64_t mask) {
    uint64_t found = (stones << 1) & (stones << 2) & (stones << 3);
    for (int shift : {kStride - 1, kStride, kStride + 1}) {
        const uint64_t above = (stones << shift) & (stones << 2 * shift);
        const uint64_t below = (stones >> shift) & (stones >> 2 * shift);
        found |= above & (stones << 3 * shift);
        found |= above & (stones >> shift);
        found |= below & (stones << shift);
        found |= below & (stones >> 3 * shift);
    }
    return found & (kBoard ^ mask);
}

// Works on masks, on stones and on keys alike: each is seven independent columns of seven bits.
inline uint64_t mirrored(uint64_t bits) {
    constexpr uint64_t column = (uint64_t{1} << kStride) - 1;
    uint64_t out = 0;
    for (int i = 0; i < kWidth; ++i) out |= ((bits >> (i * kStride)) & column) << ((kWidth - 1 - i) * kStride);
    return out;
}

// Plane rows run from the top of the board to its bottom.
inline void write_plane(uint64_t stones, float* out) {
    for (int row = kHeight - 1; row >= 0; --row)
        for (int column = 0; column < kWidth; ++column)
            *out++ = static_cast<float>(static_cast<int32_t>(stones >> (column * kStride + row)) & 1);
}

// splitmix64 (Steele, Lea and Flood 2014).
inline uint64_t next_random(uint64_t& state) {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

// One uniformly chosen bit of `squares`, which is not 0 and has at most one bit per column.
inline uint64_t random_square(uint64_t squares, uint64_t& random) {
    uint32_t count = 0;
    for (uint64_t rest = squares; rest; rest &= rest - 1) ++count;
    for (uint64_t skip = ((next_random(random) >> 32) * count) >> 32; skip; --skip) squares &= squares - 1;
    return squares & (~squares + 1);
}

inline Position canonical(const Position& position) {
    if (position.key() <= mirrored(position.key())) return position;
    return {mirrored(position.own), mirrored(position.mask)};
}

// The result of uniformly random play to the end, for the player to move in `position`. It depends on the seed and the
// canonical position alone: never on what else is in a batch, and it is the same for a position and its mirror image.
inline float random_result(Position position, uint64_t seed) {
    position = canonical(position);
    uint64_t random = seed;
    random = next_random(random) ^ position.key();
    float sign = 1.0f;
    while (!has_four(position.opponent())) {
        if (position.mask == kBoard) return 0.0f;
        position.play(random_square(position.landing(), random));
        sign = -sign;
    }
    return -sign;
}

}  // namespace c4

// Fills Leaves for at most kWidth actions a row. The same as Leaves::add_action and Leaves::end_row, but with room made
// in advance: this halves the time of expand, which the fastest searches spend a tenth of theirs in.
class RowWriter {
  public:
    RowWriter(Leaves& leaves, size_t rows) : leaves_(leaves) {
        const size_t actions = rows * c4::kWidth;
        leaves.clear();
        leaves.all_slots.resize(rows), leaves.rewards.resize(rows), leaves.discounts.resize(rows);
        leaves.terminals.resize(rows), leaves.lives.resize(rows), leaves.slots.resize(rows);
        leaves.all_offsets.resize(rows + 1), leaves.offsets.resize(rows + 1);
        leaves.all_actions.resize(actions), leaves.outcomes.resize(actions), leaves.actions.resize(actions);
        action_ = leaves.all_actions.data(), outcome_ = leaves.outcomes.data();
    }

    void add_action(int32_t action, float outcome) { *action_++ = action, *outcome_++ = outcome; }

    void end_row(int32_t slot, float reward, float discount, bool terminal, bool live) {
        const int32_t begin = leaves_.all_offsets[row_];
        const int32_t end = static_cast<int32_t>(action_ - leaves_.all_actions.data());
        leaves_.all_slots[row_] = slot, leaves_.rewards[row_] = reward, leaves_.discounts[row_] = discount;
        leaves_.terminals[row_] = terminal, leaves_.lives[row_] = live;
        leaves_.all_offsets[++row_] = end;
        if (!live) return;
        leaves_.slots[live_] = slot;
        int32_t* copy = leaves_.actions.data() + leaves_.offsets[live_];
        for (int32_t i = begin; i < end; ++i) *copy++ = leaves_.all_actions[i];
        leaves_.offsets[++live_] = static_cast<int32_t>(copy - leaves_.actions.data());
    }

    void finish() {
        leaves_.all_actions.resize(leaves_.all_offsets[row_]), leaves_.outcomes.resize(leaves_.all_offsets[row_]);
        leaves_.actions.resize(leaves_.offsets[live_]);
        leaves_.slots.resize(live_), leaves_.offsets.resize(live_ + 1);
    }

  private:
    Leaves& leaves_;
    int32_t* action_;
    float* outcome_;
    size_t row_ = 0, live_ = 0;
};

class ConnectFourStates {
  public:
    ConnectFourStates(int32_t num_slots, bool lookahead) : lookahead_(lookahead) {
        if (num_slots < 1)
            throw std::invalid_argument("num_slots must be at least 1, not " + std::to_string(num_slots));
        states_.resize(static_cast<size_t>(num_slots));
    }

    int32_t num_slots() const { return static_cast<int32_t>(states_.size()); }

    const c4::Position& read(int32_t slot) const {
        check(slot);
        return states_[static_cast<size_t>(slot)];
    }

    void write(int32_t slot, c4::Position position) {
        check(slot);
        const uint64_t heights = position.mask + c4::kBottom;  // the carry over stones ends at the first gap
        if ((position.mask & ~c4::kBoard) || (position.own & ~position.mask) || (heights & position.mask))
            throw std::invalid_argument("not a Connect Four position: stones off the board or hanging in the air");
        states_[static_cast<size_t>(slot)] = position;
    }

    // Parents must not be terminal; the search never steps from a terminal state.
    void expand(const Request& request, Leaves& leaves) {
        RowWriter rows(leaves, request.size());
        for (size_t i = 0; i < request.size(); ++i) {
            c4::Position position = read(request.parent_slots[i]);
            const int32_t action = request.actions[i];
            if (action != -1) position.play(square(position, action));
            check(request.slots[i]);
            states_[static_cast<size_t>(request.slots[i])] = position;
            add_row(request.slots[i], position, action != -1, rows);
        }
        rows.finish();
    }

    void legal(const int32_t* slots, size_t n, std::vector<int32_t>& offsets, std::vector<int32_t>& actions) const {
        offsets.assign(1, 0);
        for (size_t i = 0; i < n; ++i) {
            const c4::Position& position = read(slots[i]);
            if (!c4::ended(position))
                for_each_move(position, [&](int32_t action, uint64_t) { actions.push_back(action); });
            offsets.push_back(static_cast<int32_t>(actions.size()));
        }
    }

    void keys(const int32_t* slots, size_t n, uint64_t* keys, uint8_t* symmetries) const {
        for (size_t i = 0; i < n; ++i) {
            const uint64_t key = read(slots[i]).key(), mirror = c4::mirrored(key);
            keys[i] = std::min(key, mirror);
            symmetries[i] = mirror < key;
        }
    }

    void observe(const int32_t* slots, const uint8_t* symmetries, size_t n, float* out) const {
        for (size_t i = 0; i < n; ++i, out += c4::kPlanes * c4::kCells) {
            const c4::Position& position = read(slots[i]);
            uint64_t own = position.own, opponent = position.opponent();
            if (symmetries[i] > 1) throw std::invalid_argument("Connect Four has symmetries 0 and 1");
            if (symmetries[i]) own = c4::mirrored(own), opponent = c4::mirrored(opponent);
            c4::write_plane(own, out);
            c4::write_plane(opponent, out + c4::kCells);
        }
    }

    void rollout(const int32_t* slots, size_t n, uint64_t seed, float* values) const {
        for (size_t i = 0; i < n; ++i) values[i] = c4::random_result(read(slots[i]), seed);
    }

  private:
    void check(int32_t slot) const {
        if (static_cast<size_t>(slot) >= states_.size())
            throw std::out_of_range("slot " + std::to_string(slot) + " is not below " + std::to_string(states_.size()));
    }

    static uint64_t square(const c4::Position& position, int32_t action) {
        const bool known = action >= 0 && action < c4::kWidth;
        const uint64_t found = known ? position.landing() & (c4::kColumn << (action * c4::kStride)) : 0;
        if (!found)
            throw std::invalid_argument("illegal action " + std::to_string(action) + ": no such column, or it is full");
        return found;
    }

    template <typename Visit>
    static void for_each_move(const c4::Position& position, Visit visit) {
        const uint64_t landing = position.landing();
        for (int32_t action = 0; action < c4::kWidth; ++action)
            if (const uint64_t found = landing & (c4::kColumn << (action * c4::kStride))) visit(action, found);
    }

    void add_row(int32_t slot, const c4::Position& position, bool stepped, RowWriter& rows) const {
        const bool lost = c4::has_four(position.opponent());
        if (lost || position.mask == c4::kBoard)
            return rows.end_row(slot, lost && stepped ? 1.0f : 0.0f, 0.0f, true, false);
        const uint64_t landing = position.landing();
        const uint64_t wins = lookahead_ ? c4::winning_squares(position.own, position.mask) & landing : 0;
        const bool last = lookahead_ && (position.mask | landing) == c4::kBoard && !(landing & (landing - 1));
        const float otherwise = last ? 0.0f : kNoOutcome;
        for_each_move(position, [&](int32_t action, uint64_t found) {
            rows.add_action(action, wins & found ? 1.0f : otherwise);
        });
        rows.end_row(slot, 0.0f, -1.0f, false, !wins && !last);
    }

    std::vector<c4::Position> states_;
    bool lookahead_;
};

}  // namespace zeroloop
