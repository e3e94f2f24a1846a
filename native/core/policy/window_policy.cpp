#include "core/policy/window_policy.hpp"

#include <algorithm>
#include <utility>

namespace s3pipes {
namespace {

constexpr std::uint64_t fewest_chunks = 2;
constexpr double worthwhile = 1.1;
constexpr std::int64_t shortest_measure_ms = 100;  // a single stalled connection must not decide
constexpr std::int64_t hold_ms = 1500;

}  // namespace

WindowPolicy::WindowPolicy(std::uint64_t chunk_bytes, std::uint64_t first_chunks,
                           std::uint64_t limit_bytes)
    : limit_(std::max(limit_bytes / chunk_bytes, fewest_chunks) * chunk_bytes),
      window_(std::min(first_chunks * chunk_bytes, limit_)) {}

void WindowPolicy::anchor(std::uint64_t delivered_bytes, std::int64_t now_ms) noexcept {
    phase_ = Phase::measuring;
    from_bytes_ = delivered_bytes;
    from_ms_ = now_ms;
}

void WindowPolicy::resize(std::uint64_t window, std::uint64_t delivered_bytes,
                          std::int64_t now_ms) noexcept {
    drain_ = std::max(window, window_);
    window_ = window;
    phase_ = Phase::settling;
    from_bytes_ = delivered_bytes;
    from_ms_ = now_ms;
}

void WindowPolicy::stalled(std::uint64_t delivered_bytes, std::int64_t now_ms) noexcept {
    if (phase_ == Phase::fresh) return anchor(delivered_bytes, now_ms);
    const std::uint64_t bytes = delivered_bytes - from_bytes_;
    if (phase_ == Phase::settling) {
        if (bytes >= drain_) anchor(delivered_bytes, now_ms);
        return;
    }
    const std::int64_t elapsed_ms = now_ms - from_ms_;
    if (bytes < window_ || elapsed_ms < shortest_measure_ms) return;
    const double rate = static_cast<double>(bytes) / static_cast<double>(elapsed_ms);

    if (previous_ != 0 && rate < worthwhile * previous_rate_) {
        hold_until_ms_ = now_ms + hold_ms;
        return resize(std::exchange(previous_, 0), delivered_bytes, now_ms);
    }
    // A rate from long ago says little about the link of now: measure anew each time.
    if (now_ms < hold_until_ms_ || window_ == limit_) return anchor(delivered_bytes, now_ms);
    previous_ = window_;
    previous_rate_ = rate;
    resize(std::min(2 * window_, limit_), delivered_bytes, now_ms);
}

}  // namespace s3pipes
