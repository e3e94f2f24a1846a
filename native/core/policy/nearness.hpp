// Whether a store is near: in the same machine or rack.
#pragma once

#include <algorithm>
#include <chrono>

namespace s3pipes {

// By how long it takes to answer at its best: an answer that queues behind our own others says
// nothing, so a shorter time counts at once, and longer ones only when hundreds were. A near one
// needs few bytes in flight to keep a link busy, and few bytes fit the processor's cache: copied
// there, they cost half as much. S3 itself takes from 4 ms (Express One Zone) to 30 ms and more.
class Nearness {
  public:
    // Returns the seconds of it that are the server's own rather than our queue's, as a guess.
    double answered(std::chrono::nanoseconds first_byte_latency) noexcept {
        const double seconds = std::chrono::duration<double>(first_byte_latency).count();
        best_s_ = best_s_ == 0 ? seconds : std::min(seconds, best_s_ * slowly);
        if (best_s_ < near_below_s) near_ = true;
        if (best_s_ > far_above_s) near_ = false;
        return std::min(seconds, best_s_ * credible);
    }

    bool known() const noexcept { return best_s_ != 0; }  // it has answered

    bool near() const noexcept { return near_; }

  private:
    static constexpr double near_below_s = 0.002;
    static constexpr double far_above_s = 0.004;
    static constexpr double slowly = 1.005;
    static constexpr double credible = 2;  // more would lengthen a queue of our own
    double best_s_ = 0;
    bool near_ = false;
};

}  // namespace s3pipes
