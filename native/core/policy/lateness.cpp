#include "core/policy/lateness.hpp"

#include <algorithm>

namespace s3pipes {
namespace {

constexpr std::uint32_t enough_answers = 32;
constexpr std::uint32_t learnt_every = 32;
constexpr double shortest_patience_s = 0.1;
constexpr double most = 0.99;           // of a hundred answers one is late...
constexpr double late_above_usual = 4;  // ...if it takes so many times what half of them take
constexpr double per_answer = 0.02;     // second requests that one answer pays for
constexpr double most_credit = 32;
constexpr double plenty = 16;    // of credit; with less...
constexpr double reluctant = 3;  // ...one has to be later, up to so many times
constexpr double failing_store = 0.1;
constexpr double remembered = 1.0 / 64;
constexpr int few = 4;
constexpr double share_of_many = 0.2;  // of those under way
constexpr int few_of_many = 2;         // looked after in each turn
constexpr std::uint64_t tells_a_rate = 16 << 10;
constexpr double rate_remembered = 1.0 / 16;
constexpr double worth_doubling = 3;             // times what a new request would need for the same
constexpr double slow_below = 1.0 / 20;          // of the others' rate...
constexpr double slow_floor = 64 << 10;          // ...and bytes a second
constexpr double small_seconds_per_byte = 1e-6;  // of bodies too small to tell a rate
constexpr double stands_below = 1 << 10;         // where nobody else is known
constexpr double hedged_after_slow_s = 0.1;
constexpr double replaced_after_s = 1;
constexpr double lone_replaced_after_s = 4;
constexpr double silent_for_s = 2;  // without a first byte
constexpr double silent_times = 10;
constexpr double unknown_question_s = 3;  // where nothing was answered yet

}  // namespace

void Lateness::answered(double first_byte_s) noexcept {
    first_bytes_.add(first_byte_s);
    credit_ = std::min(credit_ + per_answer, most_credit);
    failing_ -= failing_ * remembered;
    if (first_bytes_.count() < enough_answers || first_bytes_.count() % learnt_every != 0) return;
    usual_first_byte_s_ = first_bytes_.quantile(0.5);
    patience_s_ = std::max(
        {shortest_patience_s, first_bytes_.quantile(most), late_above_usual * usual_first_byte_s_});
}

double Lateness::question_patience_s() const noexcept {
    return usual_first_byte_s_ == 0 ? unknown_question_s : 2 * patience_s_;
}

void Lateness::served(const Served& served) noexcept {
    if (served.bytes < tells_a_rate) return;
    const double now = served.streaming_s / static_cast<double>(served.bytes);
    seconds_per_byte_ += (now - seconds_per_byte_) * (seconds_per_byte_ == 0 ? 1 : rate_remembered);
}

void Lateness::failed() noexcept {
    failing_ += (1 - failing_) * remembered;
}

// Asked by each that is late, in every turn of looks.
bool Lateness::too_many(int running, double now_s) noexcept {
    const auto turn = static_cast<std::int64_t>(now_s / looked_every_s);
    if (turn != turn_) {
        late_before_ = turn == turn_ + 1 ? late_now_ : 0;
        late_now_ = cured_ = 0;
        turn_ = turn;
    }
    ++late_now_;
    const double many = std::max<double>(few, share_of_many * running);
    return std::max(late_now_, late_before_) > many && cured_ >= few_of_many;
}

Lateness::Look Lateness::look(const Standing& standing, int running, bool throttled,
                              double now_s) noexcept {
    Look look = standing.begun ? look_at_body(standing) : look_at_head(standing);
    look.again_s = look.again_s > 0 ? look.again_s : looked_every_s;
    if (!look.slow) return look;
    const bool wait = too_many(running, now_s);
    const bool healthy = !throttled && failing_ < failing_store;
    if (wait || (look.cure == Cure::hedge && (standing.doubled || !healthy || credit_ < 1)))
        look.cure = Cure::none;
    if (look.cure != Cure::none) ++cured_;
    if (look.cure == Cure::hedge) credit_ -= 1;
    return look;
}

double Lateness::reluctance() const noexcept {
    return 1 + (reluctant - 1) * std::max(0.0, 1 - credit_ / plenty);
}

Lateness::Look Lateness::look_at_head(const Standing& standing) const noexcept {
    Look look;
    if (first_bytes_.count() < enough_answers) {
        // Of the first ones of all nobody knows how long they take.
        look.slow = standing.waited_s > silent_for_s;
        return look;
    }
    if (standing.waited_s < patience_s_) {
        look.again_s = patience_s_ - standing.waited_s;
        return look;
    }
    look.slow = true;
    if (standing.waited_s > std::max(silent_for_s, silent_times * patience_s_))
        look.cure = Cure::replace;
    else if (standing.waited_s >= patience_s_ * reluctance())
        look.cure = Cure::hedge;
    return look;
}

Lateness::Look Lateness::look_at_body(const Standing& standing) const noexcept {
    Look look;
    const double rate =
        standing.since_look_s > 0 ? static_cast<double>(standing.bytes) / standing.since_look_s : 0;
    const auto left = static_cast<double>(standing.left);
    const bool small = seconds_per_byte_ <= 0 && first_bytes_.count() >= enough_answers;
    const double per_byte_s = small ? small_seconds_per_byte : seconds_per_byte_;
    if (per_byte_s <= 0) {
        look.slow = rate < stands_below;
        if (look.slow && standing.slow_s > lone_replaced_after_s) look.cure = Cure::replace;
        return look;
    }
    const double others = 1 / per_byte_s;
    const double anew_s = usual_first_byte_s_ + left * per_byte_s;
    look.slow = left > rate * (worth_doubling * anew_s + shortest_patience_s);
    if (!look.slow) return look;
    const double slow_s = standing.slow_s + standing.since_look_s;
    if (slow_s > replaced_after_s && rate < std::min(slow_floor, slow_below * others))
        look.cure = Cure::replace;
    else if (slow_s > hedged_after_slow_s * reluctance())
        look.cure = Cure::hedge;
    return look;
}

}  // namespace s3pipes
