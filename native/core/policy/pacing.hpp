// How many requests to have in flight.
#pragma once

#include <algorithm>

namespace s3pipes {

// Little's law with a cap on the rate: one event loop cannot take more than about 20 000 answers a
// second, so more than that rate times the first-byte latency only queues. A near store (0.2 ms)
// gets the floor, S3 (30 ms) hundreds. A store that throttles is asked for less at once, and for
// a little more after every answer that was none.
class RequestLimit {
  public:
    RequestLimit(int floor, int ceiling) : floor_(std::min(floor, ceiling)), ceiling_(ceiling) {}

    int value() const noexcept {
        const double wanted = latency_s_ * answers_per_s;
        const int limit = std::clamp(static_cast<int>(wanted), floor_, ceiling_);
        return std::max(1, static_cast<int>(limit * share_));
    }

    // latency_s: the server's own. Time in our queue is no reason for a longer queue.
    void answered(double latency_s) noexcept {
        latency_s_ = latency_s_ == 0 ? latency_s : latency_s_ + (latency_s - latency_s_) / 16;
        share_ = std::min(1.0, share_ + 0.1 / ceiling_);
    }

    void throttled() noexcept { share_ = std::max(0.02, share_ * 0.7); }

  private:
    static constexpr double answers_per_s = 20'000;
    int floor_;
    int ceiling_;
    double latency_s_ = 0;
    double share_ = 1;
};

}  // namespace s3pipes
