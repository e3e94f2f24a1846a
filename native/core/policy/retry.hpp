// When to try again.
#pragma once

#include <chrono>
#include <optional>

#include "core/words/error.hpp"

namespace s3pipes {

struct RetryRules {
    int max_attempts = 10;  // the first one counts
    std::chrono::milliseconds base{50};
    std::chrono::milliseconds cap{20'000};
    std::chrono::milliseconds throttle_base{200};  // in place of base where the store is throttling
    std::chrono::milliseconds time_limit{
        180'000};        // from the first attempt to the start of the last
    int max_doubts = 4;  // answers in a row that cannot be right
};

// How long to wait before the next attempt, or nullopt to give up: after max_attempts, past
// time_limit, or for an error that is neither transient nor doubtful. (New credentials or
// another region make a different request of it; whoever has them asks again without a delay.) Full
// jitter: uniform in [0, min(cap, base * 2^(attempts_made - 1))], on top of what the server asked
// for, so that those who were sent away together do not come back together. rnd is in [0, 1).
std::optional<std::chrono::milliseconds> next_delay(
    const RetryRules& rules, ErrorKind kind, int attempts_made, std::chrono::milliseconds elapsed,
    std::optional<std::chrono::milliseconds> retry_after, double rnd);

}  // namespace s3pipes
