// How many requests a second, with a burst, on a given clock.
#pragma once

#include <algorithm>

namespace s3pipes::sim {

// A bucket of tokens, full at first, that holds what flows in within a second.
class Allowance {
  public:
    // Takes a token if there is one. `rate_per_s` may change from call to call.
    bool take(double now_s, double rate_per_s) noexcept {
        const double most = std::max(1.0, rate_per_s);
        left_ = fresh_ ? most : std::min(most, left_ + (now_s - at_s_) * rate_per_s);
        fresh_ = false;
        at_s_ = now_s;
        if (left_ < 1) return false;
        left_ -= 1;
        return true;
    }

  private:
    double left_ = 0;
    double at_s_ = 0;
    bool fresh_ = true;
};

}  // namespace s3pipes::sim
