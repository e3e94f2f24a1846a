// How a Cursor waits, and has decisions performed, while it holds the engine's mutex.
#pragma once

#include "core/engine/engine.hpp"
#include "core/engine/read/cursor.hpp"

namespace s3pipes {

template <typename Decide>
void Cursor::decide(Decide take) {
    engine_->perform_held(take(engine_->scheduler()));
}

template <typename Ready>
void Cursor::wait(Lock& lock, const Poll& poll, Ready ready) {
    if (ready() || stream_ == nullptr) return;
    if (!poll) throw WouldWait();
    decide([this](Scheduler& scheduler) {
        return scheduler.wait(stream_, Scheduler::Waits::thread, std::chrono::steady_clock::now());
    });
    struct Done {
        Cursor& cursor;
        Lock& lock;
        ~Done() {
            if (!lock.owns_lock() || cursor.stream_ == nullptr) return;
            cursor.decide(
                [&](Scheduler& scheduler) { return scheduler.wait_over(cursor.stream_); });
        }
    } done{*this, lock};
    wait_in_slices(lock, download_->signal.changed(), poll, *engine_, [&] {
        if (stream_ == nullptr || engine_->scheduler().stopped() || ready()) return true;
        decide([this](Scheduler& scheduler) { return scheduler.waits_still(stream_); });
        return false;
    });
}

}  // namespace s3pipes
