#include "sudoku.hpp"

#include <nanobind/stl/tuple.h>

#include <numeric>
#include <stdexcept>
#include <string>
#include <tuple>

#include "bindings.hpp"

namespace zeroloop {

// Digit d is bit d - 1. lacking: the digits that each unit still needs.
struct Sudoku::Board {
    Grid grid;
    std::vector<uint32_t> lacking;
    int empty;

    uint32_t candidates(const std::array<uint16_t, 3>& units) const {
        return lacking[units[0]] & lacking[units[1]] & lacking[units[2]];
    }
};

// What to try next: each of `digits` in `cell`; none where the board contradicts itself.
struct Sudoku::Move {
    int cell = -1;
    uint32_t digits = 0;
};

namespace {

int count_bits(uint32_t bits) { return __builtin_popcount(bits); }
int lowest_digit(uint32_t bits) { return __builtin_ctz(bits) + 1; }

}  // namespace

Sudoku::Sudoku(int box_height, int box_width) : side_(box_height * box_width) {
    if (box_height < 1 || box_width < 1 || side_ < 2 || side_ > 25)
        throw std::invalid_argument("sudoku boxes of " + std::to_string(box_height) + "x" + std::to_string(box_width) +
                                    " cells are not possible; height times width must be from 2 to 25");
    units_.resize(3 * side_);
    for (int r = 0; r < side_; ++r)
        for (int c = 0; c < side_; ++c) {
            const int box = r / box_height * box_height + c / box_width;
            const auto unit = [](int index) { return static_cast<uint16_t>(index); };
            places_.push_back({unit(r), unit(side_ + c), unit(2 * side_ + box)});
            for (uint16_t index : places_.back()) units_[index].push_back(unit(r * side_ + c));
        }
}

bool Sudoku::place(Board& board, int cell, int digit) const {
    const uint32_t bit = uint32_t{1} << (digit - 1);
    if (!(board.candidates(places_[cell]) & bit)) return false;
    for (uint16_t unit : places_[cell]) board.lacking[unit] ^= bit;
    board.grid[cell] = static_cast<uint8_t>(digit);
    --board.empty;
    return true;
}

bool Sudoku::read(const Grid& grid, Board& board) const {
    board = {Grid(grid.size(), 0), std::vector<uint32_t>(units_.size(), (uint32_t{1} << side_) - 1), cells()};
    for (int cell = 0; cell < cells(); ++cell)
        if (grid[cell] && !place(board, cell, grid[cell])) return false;
    return true;
}

Sudoku::Move Sudoku::next_move(const Board& board) const {
    Move best;
    int fewest = side_ + 1;
    for (int cell = 0; cell < cells() && fewest > 1; ++cell) {
        if (board.grid[cell]) continue;
        const uint32_t digits = board.candidates(places_[cell]);
        if (count_bits(digits) < fewest) fewest = count_bits(digits), best = {cell, digits};
    }
    if (fewest > 1) forced_in_unit(board, best);
    return best;
}

// Puts into `move` a digit that has one place left in some unit, or no digits where one has none. False: there is none.
bool Sudoku::forced_in_unit(const Board& board, Move& move) const {
    for (size_t unit = 0; unit < units_.size(); ++unit) {
        uint32_t once = 0, again = 0;
        for (uint16_t cell : units_[unit]) {
            if (board.grid[cell]) continue;
            const uint32_t digits = board.candidates(places_[cell]);
            again |= once & digits, once |= digits;
        }
        if (board.lacking[unit] & ~once) return move = {0, 0}, true;
        const uint32_t forced = once & ~again;
        if (!forced) continue;
        const uint32_t digit = forced & (~forced + 1);
        for (uint16_t cell : units_[unit])
            if (!board.grid[cell] && (board.candidates(places_[cell]) & digit)) return move = {cell, digit}, true;
    }
    return false;
}

void Sudoku::search(const Board& board, int limit, SplitMix64* random, Solved& found) const {
    if (!board.empty) {
        if (!found.count++) found.solution = board.grid;
        return;
    }
    const Move move = next_move(board);
    std::vector<int> digits;
    for (uint32_t rest = move.digits; rest; rest &= rest - 1) digits.push_back(lowest_digit(rest));
    if (random) random->shuffle(digits);
    for (int digit : digits) {
        if (found.count >= limit) return;
        found.guesses += digits.size() > 1;
        Board next = board;
        place(next, move.cell, digit);
        search(next, limit, random, found);
    }
}

Sudoku::Solved Sudoku::solve(const Grid& grid, int limit) const {
    Solved found;
    Board board;
    if (read(grid, board)) search(board, limit, nullptr, found);
    return found;
}

Sudoku::Grid Sudoku::fill(SplitMix64& random) const {
    Solved found;
    Board board;
    read(Grid(cells(), 0), board);
    search(board, 1, &random, found);
    return found.solution;
}

Sudoku::Grid Sudoku::dig(const Grid& puzzle, SplitMix64& random, int clues) const {
    Grid left = puzzle;
    std::vector<int> given;
    for (int cell = 0; cell < cells(); ++cell)
        if (left[cell]) given.push_back(cell);
    random.shuffle(given);
    int count = static_cast<int>(given.size());
    for (int cell : given) {
        if (count <= clues) break;
        const uint8_t digit = left[cell];
        left[cell] = 0;
        if (solve(left, 2).count == 1)
            --count;
        else
            left[cell] = digit;
    }
    return left;
}

Sudoku::Grid Sudoku::harden(Grid puzzle, const Grid& solution, SplitMix64& random, int clues, int rounds) const {
    int64_t guesses = solve(puzzle, 2).guesses;
    std::vector<int> order(cells());
    std::iota(order.begin(), order.end(), 0);
    for (int round = 0; round < rounds; ++round) {
        Grid other = puzzle;
        random.shuffle(order);
        int taken = 0;
        for (int cell : order)
            if (other[cell] && taken < 3) other[cell] = 0, ++taken;
        random.shuffle(order);
        for (int cell : order) {
            if (solve(other, 2).count == 1) break;
            other[cell] = solution[cell];
        }
        other = dig(other, random, clues);
        const int64_t needed = solve(other, 2).guesses;
        if (needed >= guesses) puzzle = std::move(other), guesses = needed;
    }
    return puzzle;
}

namespace {

using Grids = nb::ndarray<const uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

std::tuple<Array<uint8_t>, Array<uint8_t>> generate(uint64_t seed, int count, int box_height, int box_width,
                                                    int least_clues, int most_clues, int rounds) {
    const Sudoku sudoku(box_height, box_width);
    if (least_clues < 0 || most_clues < least_clues)
        throw std::invalid_argument("sudoku clues must be 0 <= least <= most, not " + std::to_string(least_clues) +
                                    " to " + std::to_string(most_clues));
    std::vector<uint8_t> puzzles, solutions;
    {
        nb::gil_scoped_release unlocked;
        SplitMix64 random(seed);
        for (int i = 0; i < count; ++i) {
            const int clues = least_clues + random.below(most_clues - least_clues + 1);
            const Sudoku::Grid solution = sudoku.fill(random);
            const Sudoku::Grid dug = sudoku.dig(solution, random, clues);
            const Sudoku::Grid puzzle = sudoku.harden(dug, solution, random, clues, rounds);
            puzzles.insert(puzzles.end(), puzzle.begin(), puzzle.end());
            solutions.insert(solutions.end(), solution.begin(), solution.end());
        }
    }
    return {own(std::move(puzzles)), own(std::move(solutions))};
}

std::tuple<Array<int32_t>, Array<uint8_t>, Array<int64_t>> solve_all(Grids puzzles, int box_height, int box_width,
                                                                     int limit) {
    const Sudoku sudoku(box_height, box_width);
    if (puzzles.shape(1) != static_cast<size_t>(sudoku.cells()))
        throw std::invalid_argument("sudoku grids must have " + std::to_string(sudoku.cells()) + " cells, not " +
                                    std::to_string(puzzles.shape(1)));
    for (size_t i = 0; i < puzzles.size(); ++i)
        if (puzzles.data()[i] > sudoku.side())
            throw std::invalid_argument("sudoku digit " + std::to_string(puzzles.data()[i]) + " is not possible; 0 to " +
                                        std::to_string(sudoku.side()) + " are");
    std::vector<int32_t> counts;
    std::vector<uint8_t> solutions;
    std::vector<int64_t> guesses;
    {
        nb::gil_scoped_release unlocked;
        for (size_t i = 0; i < puzzles.shape(0); ++i) {
            const uint8_t* first = puzzles.data() + i * sudoku.cells();
            Sudoku::Solved found = sudoku.solve(Sudoku::Grid(first, first + sudoku.cells()), limit);
            found.solution.resize(sudoku.cells(), 0);
            counts.push_back(found.count), guesses.push_back(found.guesses);
            solutions.insert(solutions.end(), found.solution.begin(), found.solution.end());
        }
    }
    return {own(std::move(counts)), own(std::move(solutions)), own(std::move(guesses))};
}

}  // namespace

void bind_sudoku(nb::module_& module) {
    module.def("sudoku_generate", &generate, nb::arg("seed"), nb::arg("count"), nb::arg("box_height"),
               nb::arg("box_width"), nb::arg("least_clues"), nb::arg("most_clues"), nb::arg("rounds"),
               "Puzzles with one solution, and these solutions: uint8 [count * cells] each, 0 for an empty cell. Clues "
               "that others imply are taken away down to a number from least_clues to most_clues.");
    module.def("sudoku_solve", &solve_all, nb::arg("puzzles"), nb::arg("box_height"), nb::arg("box_width"),
               nb::arg("limit"),
               "Of puzzles uint8 [n, cells]: solutions found up to the limit int32 [n], the first one uint8 [n * cells] "
               "(zeros where there is none), and guesses int64 [n].");
}

}  // namespace zeroloop
