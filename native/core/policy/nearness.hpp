// Whether a store is near: in the same machine or rack.
#pragma once

#include <algorithm>
#include <cstdint>

namespace s3pipes {

// By how long it takes to answer at its best: an answer that queues behind our own others says
// nothing, so a shorter time counts at once, and longer ones only when hundreds were. And by what
// one connection carries at its best: S3 Express One Zone may answer within 2 ms, but gives 50 MB/s
// to each. A near store needs few bytes in flight to keep a link busy, and few bytes fit the
// processor's cache: copied there, they cost half as much. S3 itself takes from 10 to 100 ms.
//
// The first answers come through connections that are being made, and beside one another, so they
// tell less than they seem to: it takes some of them to call a store far.
class Nearness {
  public:
    // alone: nothing else was on its way, behind which it could have queued.
    void answered(double first_byte_s, bool alone = false) noexcept {
        best_s_ = best_s_ == 0 ? first_byte_s : std::min(first_byte_s, best_s_ * slowly);
        if (best_s_ < near_below_s) quick_ = true;
        if (best_s_ > far_above_s) quick_ = false;
        answers_ = std::min(answers_ + (alone ? few_answers : 1), enough_answers);
        far_ = far_ || (best_s_ > surely_far_above_s && answers_ >= few_answers) ||
               (best_s_ > near_below_s && answers_ >= enough_answers);
    }

    // By one connection, of a body of so many bytes.
    void streamed(double bytes_per_s, std::uint64_t bytes) noexcept {
        best_rate_ = std::max(bytes_per_s, best_rate_ / slowly);
        // A small one is held up by whatever else the loop does: one in many says what is possible.
        evidence_ =
            std::min(evidence_ + (bytes >= large_bytes ? enough_evidence / 4 : 1), enough_evidence);
        if (best_rate_ > wide_above) wide_ = true;
        if (evidence_ >= enough_evidence && best_rate_ < wide_above / 1.1) wide_ = false;
    }

    bool near() const noexcept { return quick_ && wide_; }
    // It is near, or has answered often enough to be called far.
    bool known() const noexcept { return near() || far_ || !wide_; }
    double best_first_byte_s() const noexcept { return best_s_; }

  private:
    static constexpr double near_below_s = 0.002;
    static constexpr double far_above_s = 0.004;
    static constexpr double surely_far_above_s = 0.008;
    static constexpr double slowly = 1.005;
    static constexpr double wide_above = 110e6;  // bytes per second; S3 gives 25 to 95
    static constexpr std::uint64_t large_bytes = 1 << 20;
    static constexpr int few_answers = 4;
    static constexpr int enough_answers = 16;
    static constexpr int enough_evidence = 32;
    double best_s_ = 0;
    double best_rate_ = 0;
    int answers_ = 0;
    int evidence_ = 0;
    bool quick_ = false;
    bool far_ = false;
    bool wide_ = true;  // until bodies say otherwise
};

}  // namespace s3pipes
