// Sudoku of any box size: exact solving with a count of guesses, and puzzles with one solution, as hard as asked for.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "random.hpp"

namespace zeroloop {

// Boxes of box_height x box_width cells; the grid has side = box_height * box_width rows and columns. Grids are stored
// row by row, 0 for an empty cell.
class Sudoku {
  public:
    using Grid = std::vector<uint8_t>;
    struct Solved {
        int count = 0;        // solutions found, up to the limit
        int64_t guesses = 0;  // digits tried where nothing forced one
        Grid solution;        // the first one found
    };

    Sudoku(int box_height, int box_width);

    int side() const { return side_; }
    int cells() const { return side_ * side_; }

    // Goes on with a digit that is forced (in its cell, or in a unit), else with the cell that has the fewest candidates.
    Solved solve(const Grid& grid, int limit) const;
    Grid fill(SplitMix64& random) const;
    // `puzzle` without clues that the others imply, tried in random order, but with at least `clues` of them.
    Grid dig(const Grid& puzzle, SplitMix64& random, int clues) const;
    // Local search: take three clues away, add others until there is one solution again, dig; keep what needs at least
    // as many guesses.
    Grid harden(Grid puzzle, const Grid& solution, SplitMix64& random, int clues, int rounds) const;

  private:
    struct Board;
    struct Move;
    bool read(const Grid& grid, Board& board) const;
    bool place(Board& board, int cell, int digit) const;
    Move next_move(const Board& board) const;
    bool forced_in_unit(const Board& board, Move& move) const;
    void search(const Board& board, int limit, SplitMix64* random, Solved& found) const;

    int side_;
    std::vector<std::vector<uint16_t>> units_;     // rows, columns, boxes: their cells
    std::vector<std::array<uint16_t, 3>> places_;  // the three units of each cell
};

}  // namespace zeroloop
