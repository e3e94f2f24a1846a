// When the next bytes may go, on a given clock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace s3pipes::sim {

// A stream of bytes at a rate. What it could have carried while nobody sent is lost, but for what a
// clock's late ticks cost: a reader that stalled finds no burst.
class Pace {
  public:
    static constexpr double saved_s = 0.002;  // with 64 KiB at 57 MiB/s: two quanta

    // Claims the next place in the stream for `bytes`, and says when it begins.
    double claim(double now_s, std::size_t bytes, double bytes_per_s) noexcept {
        const double at_s = std::max(free_s_, now_s - saved_s);
        free_s_ = at_s + static_cast<double>(bytes) / bytes_per_s;
        return at_s;
    }

  private:
    double free_s_ = -1e300;
};

// How much to send at once: as much as takes 8 ms, so that slow streams flow smoothly too; where
// that is little, as much as takes 0.1 s, and at least a byte.
inline std::size_t quantum_bytes(double bytes_per_s) noexcept {
    constexpr double usual_least = 4 << 10;
    constexpr double most = 64 << 10;
    const double least = std::clamp(bytes_per_s * 0.1, 1.0, usual_least);
    return static_cast<std::size_t>(std::clamp(bytes_per_s * 0.008, least, most));
}

}  // namespace s3pipes::sim
