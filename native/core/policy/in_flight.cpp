#include "core/policy/in_flight.hpp"

#include <algorithm>
#include <utility>

namespace s3pipes {
namespace {

// Requests are cheap, an idle link is not: one that is as far as S3 begins with so many.
constexpr double first_far = 128;
constexpr double fewest_far = 16;
constexpr double fewest_near = 8;  // they hide the time between two answers
// One event loop takes about so many small answers a second, so more than that rate times their
// latency only queues.
constexpr double answers_per_s = 20'000;
constexpr double added = 8;
constexpr double steepest_cut = 0.5;   // by one span, which may have been an accident
constexpr double futile_cut = 0.45;    // of the load before: if requests take...
constexpr double futile_effect = 0.8;  // ...so much of the time that they took, it was in vain
constexpr double full = 0.7;           // of the limit, or the span says nothing of more

}  // namespace

int InFlight::limit() const noexcept {
    const double wanted = near_ ? near_limit_ : limit_;
    const double most = ceiling_;
    return std::max(1, static_cast<int>(std::min(wanted, most)));
}

void InFlight::answered(const Nearness& nearness) noexcept {
    near_ = nearness.near();
    if (near_)
        near_limit_ = std::max(fewest_near, nearness.best_first_byte_s() * answers_per_s);
    else if (nearness.known() && !far_) {
        far_ = true;
        limit_ = std::max(limit_, first_far / neighbours_);
    }
}

InFlight::Bound InFlight::bound() const noexcept {
    if (last_.in_flight < full * limit()) return Bound::reader;
    if (near_) return Bound::nothing;
    if (last_.crowding > 0.9 * crowded) return Bound::crowding;
    return limit_ >= ceiling_ ? Bound::requests : Bound::nothing;
}

bool InFlight::spanned(const Span& span, int running) noexcept {
    last_ = span;
    // The last ones of many are the slow ones: where nothing follows, that says nothing.
    if (near_ || !far_ || running < span.in_flight / 2) return false;
    limit_ = std::min<double>(limit_, ceiling_);
    const double wanted = crowded * span.in_flight / span.crowding + added;
    if (span.crowding <= crowded) {
        limit_before_ = 0;
        if (span.in_flight >= full * limit_) limit_ = std::clamp(wanted, limit_, 2 * limit_);
    } else {
        if (limit_before_ == 0) {
            limit_before_ = limit_;
            load_before_s_ = crowding_before_ = 0;
        }
        load_before_s_ = std::max(load_before_s_, span.load_s);
        crowding_before_ = std::max(crowding_before_, span.crowding);
        // What was asked for before the cut has been answered, as that takes a span.
        if (span.load_s < futile_cut * load_before_s_ &&
            span.crowding > futile_effect * crowding_before_) {
            limit_ = std::exchange(limit_before_, 0);
            return true;
        }
        limit_ = std::max(std::min(limit_, wanted), steepest_cut * limit_);
    }
    limit_ = std::clamp(limit_, std::min<double>(fewest_far, ceiling_), double(ceiling_));
    return false;
}

}  // namespace s3pipes
