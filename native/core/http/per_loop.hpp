// One value for each event loop, so that none needs a lock.
#pragma once

#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace s3pipes {

// The event loop that runs on this thread: its index in every PerLoop. A loop sets it as it starts.
inline thread_local std::size_t loop_of_this_thread = 0;

template <typename T>
class PerLoop {
  public:
    PerLoop() = default;
    explicit PerLoop(std::vector<T> values) : values_(std::move(values)) {}

    T& here() noexcept {
        assert(loop_of_this_thread < values_.size());
        return values_[loop_of_this_thread];
    }

  private:
    std::vector<T> values_;
};

}  // namespace s3pipes
