// Perfect mazes: between any two floor cells there is exactly one way without turning back.
#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "bindings.hpp"
#include "random.hpp"

namespace zeroloop {

namespace {

constexpr int kSteps[4][2] = {{-1, 0}, {0, 1}, {1, 0}, {0, -1}};

// Rooms at odd rows and columns, carved by a depth-first walk; an even height or width leaves a second wall at its end.
class Maze {
  public:
    Maze(int height, int width) : height_(height), width_(width) {}

    void carve(SplitMix64& random) {
        wall_.assign(height_ * width_, 1);
        std::vector<int> walk{cell(1 + 2 * random.below((height_ - 1) / 2), 1 + 2 * random.below((width_ - 1) / 2))};
        wall_[walk[0]] = 0;
        while (!walk.empty()) {
            const int row = walk.back() / width_, column = walk.back() % width_;
            int open[4], count = 0;
            for (int d = 0; d < 4; ++d) {
                const int r = row + 2 * kSteps[d][0], c = column + 2 * kSteps[d][1];
                if (r > 0 && r < height_ - 1 && c > 0 && c < width_ - 1 && wall_[cell(r, c)]) open[count++] = d;
            }
            if (!count) {
                walk.pop_back();
                continue;
            }
            const int* step = kSteps[open[random.below(count)]];
            wall_[cell(row + step[0], column + step[1])] = 0;
            walk.push_back(cell(row + 2 * step[0], column + 2 * step[1]));
            wall_[walk.back()] = 0;
        }
    }

    // The way from `start` to the floor cell whose distance is nearest to `share` of the greatest one, both included.
    std::vector<int> way(int start, double share) const {
        std::vector<int> from(wall_.size(), -1), steps(wall_.size(), -1), queue{start};
        steps[start] = 0;
        for (size_t i = 0; i < queue.size(); ++i)
            for (const auto& step : kSteps) {
                const int next = queue[i] + step[0] * width_ + step[1];
                if (!wall_[next] && steps[next] < 0)
                    steps[next] = steps[queue[i]] + 1, from[next] = queue[i], queue.push_back(next);
            }
        const int wanted = std::max(1, static_cast<int>(share * steps[queue.back()] + 0.5));
        const int goal = *std::find_if(queue.begin(), queue.end(), [&](int c) { return steps[c] == wanted; });
        std::vector<int> cells{goal};
        while (cells.back() != start) cells.push_back(from[cells.back()]);
        return cells;
    }

    int random_floor(SplitMix64& random) const {
        std::vector<int> floor;
        for (size_t i = 0; i < wall_.size(); ++i)
            if (!wall_[i]) floor.push_back(static_cast<int>(i));
        return floor[random.below(static_cast<int>(floor.size()))];
    }
    const std::vector<uint8_t>& walls() const { return wall_; }

  private:
    int cell(int row, int column) const { return row * width_ + column; }

    int height_, width_;
    std::vector<uint8_t> wall_;
};

using Bytes = Array<uint8_t>;

std::tuple<Bytes, Array<int32_t>, Array<int32_t>, Bytes> generate(uint64_t seed, int count, int height, int width,
                                                                  double low, double high) {
    if (height < 5 || width < 5)
        throw std::invalid_argument("a maze of " + std::to_string(height) + "x" + std::to_string(width) +
                                    " has no corridors; height and width must be at least 5");
    if (!(low >= 0 && low <= high && high <= 1))
        throw std::invalid_argument("the shares of the greatest distance must be 0 <= low <= high <= 1");
    std::vector<uint8_t> walls, ways;
    std::vector<int32_t> starts, goals;
    {
        nb::gil_scoped_release unlocked;
        SplitMix64 random(seed);
        Maze maze(height, width);
        for (int i = 0; i < count; ++i) {
            maze.carve(random);
            const int start = maze.random_floor(random);
            const double share = low + (high - low) * static_cast<double>(random.next() >> 11) * 0x1p-53;
            const std::vector<int> way = maze.way(start, share);
            walls.insert(walls.end(), maze.walls().begin(), maze.walls().end());
            starts.push_back(start), goals.push_back(way.front());
            ways.resize(walls.size(), 0);
            for (int cell : way) ways[walls.size() - maze.walls().size() + cell] = 1;
        }
    }
    return {own(std::move(walls)), own(std::move(starts)), own(std::move(goals)), own(std::move(ways))};
}

}  // namespace

void bind_maze(nb::module_& module) {
    module.def("maze_generate", &generate, nb::arg("seed"), nb::arg("count"), nb::arg("height"), nb::arg("width"),
               nb::arg("low"), nb::arg("high"),
               "Perfect mazes: walls uint8 [count * cells], start and goal cells int32 [count], and the cells of the one "
               "way between them uint8 [count * cells]. A goal's distance is a share between low and high of the "
               "greatest distance from its start.");
}

}  // namespace zeroloop
