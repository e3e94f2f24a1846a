#include "core/policy/retry.hpp"

#include <algorithm>
#include <cmath>

namespace s3pipes {

std::optional<std::chrono::milliseconds> next_delay(
    const RetryRules& rules, ErrorKind kind, int attempts_made, std::chrono::milliseconds elapsed,
    std::optional<std::chrono::milliseconds> retry_after, double rnd) {
    using std::chrono::milliseconds;
    if (!is_transient(kind) && !is_doubtful(kind)) return std::nullopt;
    if (attempts_made >= rules.max_attempts) return std::nullopt;
    const milliseconds base = kind == ErrorKind::throttled ? rules.throttle_base : rules.base;
    // In double, because doubling an integer base many times would overflow.
    const double top =
        std::min(static_cast<double>(rules.cap.count()),
                 std::ldexp(static_cast<double>(base.count()), std::max(attempts_made, 1) - 1));
    const milliseconds jitter(static_cast<milliseconds::rep>(rnd * top));
    const milliseconds delay = retry_after.value_or(milliseconds::zero()) + jitter;
    if (elapsed + delay > rules.time_limit) return std::nullopt;
    return delay;
}

}  // namespace s3pipes
