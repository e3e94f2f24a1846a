// The least, or the most, of some seconds.
#pragma once

#include <functional>
#include <optional>

namespace s3pipes {

// Forgets a figure when it is one to two terms old: the term before still counts. Better(a, b): a
// is kept rather than b.
template <typename Better>
class Recent {
  public:
    explicit Recent(double term_s) : term_s_(term_s) {}

    // now_s: a clock that does not go back.
    void add(double value, double now_s) {
        if (!term_ || now_s - began_s_ >= 2 * term_s_) {
            before_.reset();
            term_.reset();
            began_s_ = now_s;
        } else if (now_s - began_s_ >= term_s_) {
            before_ = term_;
            term_.reset();
            began_s_ += term_s_;
        }
        if (!term_ || Better()(value, *term_)) term_ = value;
    }

    // 0 where there is none yet.
    double value() const noexcept {
        if (!term_) return 0;
        return before_ && Better()(*before_, *term_) ? *before_ : *term_;
    }

    void forget() noexcept {
        before_.reset();
        term_.reset();
    }

  private:
    double term_s_;
    std::optional<double> before_;
    std::optional<double> term_;
    double began_s_ = 0;
};

using RecentLeast = Recent<std::less<double>>;
using RecentMost = Recent<std::greater<double>>;

}  // namespace s3pipes
