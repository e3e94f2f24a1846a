// Whether a store is near: in the same machine or rack.
#pragma once

#include <algorithm>

namespace s3pipes {

// By how long it takes to answer at its best: an answer that queues behind our own others says
// nothing, so a shorter time counts at once, and longer ones only when hundreds were. And by what
// one connection carries at its best: S3 Express One Zone may answer within 2 ms, but gives 50 MB/s
// to each. A near store needs few bytes in flight to keep a link busy, and few bytes fit the
// processor's cache: copied there, they cost half as much. S3 itself takes from 10 to 100 ms.
class Nearness {
  public:
    void answered(double first_byte_s) noexcept {
        best_s_ = best_s_ == 0 ? first_byte_s : std::min(first_byte_s, best_s_ * slowly);
        if (best_s_ < near_below_s) quick_ = true;
        if (best_s_ > far_above_s) quick_ = false;
    }

    // By one connection, of a body large enough to say so.
    void streamed(double bytes_per_s) noexcept {
        best_rate_ = std::max(bytes_per_s, best_rate_ / slowly);
        if (++streams_ >= enough && best_rate_ < wide_above) wide_ = false;
        if (best_rate_ > 1.1 * wide_above) wide_ = true;
    }

    bool known() const noexcept { return best_s_ != 0; }  // it has answered
    bool near() const noexcept { return quick_ && wide_; }
    double best_first_byte_s() const noexcept { return best_s_; }

  private:
    static constexpr double near_below_s = 0.002;
    static constexpr double far_above_s = 0.004;
    static constexpr double slowly = 1.005;
    static constexpr double wide_above = 100e6;  // bytes per second; S3 gives 25 to 95
    static constexpr int enough = 4;
    double best_s_ = 0;
    double best_rate_ = 0;
    int streams_ = 0;
    bool quick_ = false;
    bool wide_ = true;  // until bodies say otherwise
};

}  // namespace s3pipes
