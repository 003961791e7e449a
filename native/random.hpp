// Random numbers that are the same on every platform, which the distributions of the standard library are not.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

namespace zeroloop {

// SplitMix64 (Steele, Lea & Flood 2014): any seed is a good one.
class SplitMix64 {
  public:
    explicit SplitMix64(uint64_t seed) : state_(seed) {}

    uint64_t next() {
        uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    // Uniform in 0..bound-1, for bounds far below 2^32 (the bias is bound / 2^32).
    int below(int bound) { return static_cast<int>(((next() >> 32) * static_cast<uint64_t>(bound)) >> 32); }

    template <typename T>
    void shuffle(std::vector<T>& values) {
        for (int i = static_cast<int>(values.size()) - 1; i > 0; --i) std::swap(values[i], values[below(i + 1)]);
    }

  private:
    uint64_t state_;
};

}  // namespace zeroloop
