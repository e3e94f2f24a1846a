// How many attempts beyond the first a store is sent in a row.
#pragma once

#include <algorithm>

namespace s3pipes {

// Where requests fail one by one, each may be tried again at once. Where most of them fail, trying
// all of them again makes matters worse: then each waits for seconds. What is lost together (a
// link, a balancer, and with it hundreds of connections) is one loss.
//
// Pure, on a given clock.
class RetryBudget {
  public:
    // `at_once`: as many requests as may be on their way. Seconds to wait at least, of which `rnd`,
    // in [0, 1), is a share: those that fail together do not come back together.
    double spent(double now_s, int at_once, bool connection_lost, double rnd) noexcept {
        const double most = spare + per_request * at_once;
        if (tokens_ < 0) tokens_ = most;
        tokens_ = std::min(most, tokens_ + (now_s - at_s_) * per_s);
        at_s_ = now_s;
        const bool same_loss = connection_lost && now_s - lost_s_ < one_loss_s;
        if (connection_lost && !same_loss) lost_s_ = now_s;
        if (same_loss) return 0;
        if (tokens_ >= 1) {
            tokens_ -= 1;
            return 0;
        }
        return held_back_s * (1 + rnd);
    }
    void succeeded() noexcept {
        if (tokens_ >= 0) tokens_ += per_success;
    }

  private:
    static constexpr double spare = 64;
    static constexpr double per_request = 2;
    static constexpr double per_s = 4;
    static constexpr double per_success = 0.2;
    static constexpr double one_loss_s = 0.1;
    static constexpr double held_back_s = 1;

    double tokens_ = -1;  // as many as there may be
    double at_s_ = 0;
    double lost_s_ = -1;
};

}  // namespace s3pipes
