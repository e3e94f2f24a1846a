// How one waiter is told: a thread that sleeps, or an event loop that watches a descriptor.
#pragma once

#include <unistd.h>

#include <condition_variable>
#include <cstdint>
#include <utility>

namespace s3pipes {

class Signal {
  public:
    Signal() = default;
    ~Signal() { forget(); }
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    // Waited on with the engine's mutex.
    std::condition_variable& changed() noexcept { return changed_; }
    void wake() noexcept { changed_.notify_all(); }

    // An eventfd to write to, once; closed then.
    void watch(int owned_descriptor) noexcept {
        forget();
        descriptor_ = owned_descriptor;
    }
    bool watched() const noexcept { return descriptor_ >= 0; }
    void tell() noexcept {
        if (descriptor_ < 0) return;
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
        forget();
    }

  private:
    void forget() noexcept {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }

    std::condition_variable changed_;
    int descriptor_ = -1;
};

}  // namespace s3pipes
