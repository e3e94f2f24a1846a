#include "core/policy/pace.hpp"

#include <algorithm>
#include <cmath>

namespace s3pipes {
namespace {

constexpr double term_s = 0.25;
constexpr double longest_term_s = 2;
constexpr int enough = 20;          // answers in a term
constexpr double borne = 0.02;      // share of refusals that is what asking for a little more costs
constexpr int few = 3;              // fewer say nothing, where there is no limit yet
constexpr double unlikely = 3;      // standard deviations
constexpr double kept = 0.97;       // of what was accepted
constexpr double used = 0.8;        // of the pace, by the requests of a term
constexpr double first_kept = 0.7;  // then it was too many by an unknown number
constexpr double fewest_per_s = 2;
constexpr double added_per_s = 10;    // every second, or...
constexpr double share_per_s = 0.02;  // ...so much of the whole
constexpr double calm_s = 5;          // without refusals: the limit may have been lifted
constexpr double forgotten_s = 10;    // nobody waits for it

}  // namespace

double Pace::slot_s(double now_s) noexcept {
    if (!active()) return now_s;
    // What was not used is not kept: a store counts what comes within a second.
    const double slot = std::max(next_s_, now_s);
    next_s_ = slot + 1 / per_s_;
    if (slot > now_s) binding_s_ = now_s;
    return slot;
}

void Pace::accepted(double now_s) noexcept {
    ++accepted_;
    look(now_s);
}

// Where there is no limit yet some may come together by chance: more of them have to come than so
// many random ones would, in as many answers as there were in the term before.
bool Pace::too_many_refused(double now_s) const noexcept {
    const double answers = accepted_ + refused_;
    if (active()) return refused_ > borne * answers;
    const bool is_young = now_s - began_s_ < term_s;
    const double usual = borne * (is_young ? std::max(answers, before_per_s_ * term_s) : answers);
    return refused_ >= few && refused_ > usual + unlikely * std::sqrt(usual);
}

void Pace::refused(double now_s) noexcept {
    if (!active() && now_s - began_s_ > longest_term_s) {  // nobody has asked meanwhile
        began_s_ = now_s;
        accepted_ = refused_ = 0;
    }
    ++refused_;
    const double seconds = std::max(now_s - began_s_, 0.02);
    // How much it takes is not known before it has taken something.
    const bool knows = before_per_s_ > 0 || accepted_ > 0 || seconds > term_s;
    if (active() || !knows || !too_many_refused(now_s)) return look(now_s);
    const double lately =
        seconds < term_s / 2 ? std::max(before_per_s_, accepted_ / seconds) : accepted_ / seconds;
    per_s_ = std::max(first_kept * lately, fewest_per_s);
    next_s_ = binding_s_ = began_s_ = calm_since_s_ = now_s;
    accepted_ = refused_ = 0;
}

void Pace::look(double now_s) noexcept {
    const double seconds = now_s - began_s_;
    const int answers = accepted_ + refused_;
    if (seconds < term_s || (answers < enough && seconds < longest_term_s)) return;
    before_per_s_ = accepted_ / seconds;
    if (active()) {
        if (too_many_refused(now_s)) {
            calm_since_s_ = now_s;
            // Where fewer went out than might have, for their readers waited for others, what was
            // accepted is not all that would have been.
            const bool tells = answers > used * per_s_ * seconds || refused_ > answers / 2;
            const double limit = tells ? before_per_s_ : per_s_;
            per_s_ = std::max(std::min(per_s_, kept * limit), fewest_per_s);
        } else {
            const double calm = now_s - calm_since_s_;
            const double hurry = calm > calm_s ? std::min(std::exp2(calm / calm_s - 1), 16.0) : 1;
            per_s_ += seconds * hurry * std::max(added_per_s, share_per_s * per_s_);
        }
        if (now_s - binding_s_ > forgotten_s) per_s_ = 0;
    }
    began_s_ = now_s;
    accepted_ = refused_ = 0;
}

}  // namespace s3pipes
