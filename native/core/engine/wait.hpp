// Waiting for an event loop, in slices.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "core/engine/engine.hpp"

namespace s3pipes {

// Called without any lock about every 50 ms while a reader waits; may throw to end the wait.
// Python looks for signals here, and brings new credentials. It may even fork: in the child the
// wait ends with Orphaned, and the lock, which may be somebody else's there, is not taken again.
using Poll = std::function<void()>;

inline constexpr std::chrono::milliseconds poll_every{50};

template <typename Ready>
void wait_in_slices(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                    const Poll& poll, Engine& engine, Ready ready) {
    if (ready()) return;
    struct Count {
        Engine& engine;
        Stats& stats = engine.stats();
        std::chrono::steady_clock::time_point from = std::chrono::steady_clock::now();
        explicit Count(Engine& engine_) : engine(engine_) { ++stats.waiting; }
        ~Count() {
            // In a child that was forked meanwhile they are still the parent's, and shared.
            if (!engine.of_present_process()) return;
            --stats.waiting;
            stats.wait_ns += static_cast<std::uint64_t>(
                std::chrono::nanoseconds(std::chrono::steady_clock::now() - from).count());
        }
    } count{engine};
    while (!changed.wait_for(lock, poll_every, ready)) {
        lock.unlock();
        struct Relock {
            std::unique_lock<std::mutex>& lock;
            Engine& engine;
            ~Relock() {
                if (engine.of_present_process())
                    lock.lock();
                else
                    lock.release();
            }
        };
        {
            Relock relock{lock, engine};
            poll();
        }
        engine.check_process();
    }
}

}  // namespace s3pipes
