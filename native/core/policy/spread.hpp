// How some durations have been spread lately.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace s3pipes {

// In steps of a twelfth, from 0.1 ms to minutes. Half of what is known fades as as much again
// comes.
class Spread {
  public:
    void add(double seconds) noexcept {
        const double octaves = std::log2(std::max(seconds, shortest_s) / shortest_s);
        const auto step = static_cast<std::size_t>(octaves * steps_per_octave);
        ++counts_[std::min(step, counts_.size() - 1)];
        if (++count_ < most) return;
        count_ = 0;
        for (std::uint32_t& count : counts_) count_ += count /= 2;
    }

    std::uint32_t count() const noexcept { return count_; }

    // No more than a share of 1 - `share` took longer. 0: nothing is known.
    double quantile(double share) const noexcept {
        const double wanted = share * count_;
        double seen = 0;
        for (std::size_t step = 0; count_ != 0 && step < counts_.size(); ++step) {
            seen += counts_[step];
            if (seen >= wanted && seen > 0)
                return shortest_s *
                       std::exp2(static_cast<double>(step + 1) / double{steps_per_octave});
        }
        return 0;
    }

  private:
    static constexpr double shortest_s = 1e-4;
    static constexpr int steps_per_octave = 8;
    static constexpr std::uint32_t most = 4096;

    std::array<std::uint32_t, 22 * steps_per_octave> counts_{};
    std::uint32_t count_ = 0;
};

}  // namespace s3pipes
