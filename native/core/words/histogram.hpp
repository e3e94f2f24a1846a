// How long something took, over all the times that it was done: counted in classes whose bounds are
// a fourth of an octave apart, so that a quantile is right to a tenth whatever its size.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace s3pipes {

// Number: std::atomic<std::uint64_t> where threads and processes count, std::uint64_t for a sum.
template <class Number>
struct Histogram {
    static constexpr double least_s = 100e-6;
    static constexpr int per_octave = 4;
    static constexpr int octaves = 21;  // to 210 s
    // The first holds all that was quicker than least_s, the last all that was slower than that.
    static constexpr std::size_t classes = std::size_t{per_octave} * octaves + 2;

    std::array<Number, classes> counts{};

    void add(double seconds) noexcept { ++counts[class_of(seconds)]; }

    static std::size_t class_of(double seconds) noexcept {
        if (!(seconds >= least_s)) return 0;
        const double steps = std::log2(seconds / least_s) * per_octave;
        return static_cast<std::size_t>(std::min(steps + 1, static_cast<double>(classes - 1)));
    }
    // The upper bound of the last class is its lower one: nothing is known beyond it.
    static double lower_s(std::size_t index) noexcept {
        if (index == 0) return 0;
        return least_s * std::exp2((static_cast<double>(index) - 1) / per_octave);
    }
    static double upper_s(std::size_t index) noexcept {
        return lower_s(std::min(index + 1, classes - 1));
    }
};

// The time that a share of them did not exceed, within its class as if its logarithms lay evenly;
// 0 where nothing was counted.
template <class Counts>
double quantile_s(const Counts& counts, double share) noexcept {
    using Plain = Histogram<std::uint64_t>;
    std::uint64_t all = 0;
    for (const std::uint64_t count : counts) all += count;
    if (all == 0) return 0;
    const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(all);
    double below = 0;
    std::size_t index = 0;
    for (std::size_t i = 0; i < counts.size() && i < Plain::classes; ++i) {
        const auto here = static_cast<double>(counts[i]);
        if (here == 0) continue;
        index = i;
        if (below + here < wanted) {
            below += here;
            continue;
        }
        const double part = std::clamp((wanted - below) / here, 0.0, 1.0);
        const double lower = Plain::lower_s(i);
        const double upper = Plain::upper_s(i);
        return lower == 0 ? upper * part : lower * std::pow(upper / lower, part);
    }
    return Plain::upper_s(index);
}

}  // namespace s3pipes
