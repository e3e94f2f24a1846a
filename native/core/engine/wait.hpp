// Waiting for an event loop, in slices.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "core/words/stats.hpp"

namespace s3pipes {

// Called without any lock about every 50 ms while a reader waits; may throw to end the wait.
// Python looks for signals here, and brings new credentials.
using Poll = std::function<void()>;

inline constexpr std::chrono::milliseconds poll_every{50};

template <typename Ready>
void wait_in_slices(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                    const Poll& poll, Stats& stats, Ready ready) {
    if (ready()) return;
    const auto from = std::chrono::steady_clock::now();
    struct Count {
        Stats& stats;
        std::chrono::steady_clock::time_point from;
        ~Count() {
            --stats.waiting;
            stats.wait_ns += static_cast<std::uint64_t>(
                std::chrono::nanoseconds(std::chrono::steady_clock::now() - from).count());
        }
    } count{stats, from};
    ++stats.waiting;
    while (!changed.wait_for(lock, poll_every, ready)) {
        lock.unlock();
        struct Relock {
            std::unique_lock<std::mutex>& lock;
            ~Relock() { lock.lock(); }
        } relock{lock};
        poll();
    }
}

}  // namespace s3pipes
