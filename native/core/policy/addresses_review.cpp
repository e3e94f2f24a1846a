// Which addresses deliver less than the others.
#include <algorithm>
#include <cmath>

#include "core/policy/addresses.hpp"

namespace s3pipes {
namespace {

using namespace std::chrono_literals;

constexpr auto review_every = 250ms;
constexpr auto figures_last_for = 10s;
constexpr auto ended_lasts_for = 1s;  // those of a line that is no more
constexpr int fewest_answers = 3;
constexpr int usual_memory = 256;  // answers

// How far S3's own answers lie apart, as standard deviations of logarithms: the latency from one
// answer to the next, the rate from one connection to the next.
constexpr double spread_of_latency = 0.62;
constexpr double spread_of_rate = 0.35;
constexpr double of_a_median = 1.57;  // its variance, where a mean's is 1
// Nearer together than this, addresses are equal: it is the time that a busy loop takes by itself.
constexpr double no_matter_s = 0.005;

const double half = std::log(2.0);         // of what the others deliver: left
const double most_of = std::log(1 / 0.7);  // returned
constexpr double sure = 4;                 // standard deviations
constexpr double likely = 2;
constexpr double least_weight = 0.1;

constexpr int probe_answers = 16;
constexpr int fewest_probe_answers = 4;
constexpr auto probe_lasts = 1s;

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double square(double value) {
    return value * value;
}

}  // namespace

void Addresses::Estimate::add(const LineFigures& figures) noexcept {
    log_latency += figures.answers() * figures.log_latency();
    answers += figures.answers();
    if (figures.rate() <= 0) return;
    log_rate += std::log(figures.rate());
    ++rated;
}

void Addresses::Estimate::settle() noexcept {
    if (answers != 0) log_latency /= answers;
    if (rated != 0) log_rate /= rated;
}

Addresses::Estimate Addresses::estimate(const Place& place, Time now) {
    Estimate told;
    for (const Slot& slot : place.slots) {
        const auto lasts = slot.ended ? ended_lasts_for : figures_last_for;
        if (slot.line != 0 && now - slot.at < lasts) told.add(slot.figures);
    }
    told.settle();
    return told;
}

std::vector<Addresses::Estimate> Addresses::estimates(Time now) const {
    std::vector<Estimate> all;
    for (const auto& place : places_) {
        if (place->left) continue;
        Estimate told = estimate(*place, now);
        told.place = place.get();
        if (told.answers >= fewest_answers) all.push_back(told);
    }
    return all;
}

// All by one size, so that it makes no difference who got the large objects.
void Addresses::put_times(std::vector<Estimate>& all) const {
    std::vector<double> log_rates;
    for (const Estimate& one : all) {
        if (one.rated != 0) log_rates.push_back(one.log_rate);
    }
    const double usual_rate = log_rates.empty() ? 0 : median(std::move(log_rates));
    for (Estimate& one : all) {
        const double latency_s = std::exp(one.log_latency);
        const double log_rate = one.rated != 0 ? one.log_rate : usual_rate;
        const double body_s = log_rate > 0 ? usual_bytes_ / std::exp(log_rate) : 0;
        const double time_s = no_matter_s + latency_s + body_s;
        one.log_time = std::log(time_s);
        one.variance = square(spread_of_latency * latency_s / time_s) / one.answers +
                       square(spread_of_rate * body_s / time_s) / std::max(one.rated, 1);
    }
}

void Addresses::answered(Line& line, const AnswerFigures& answer, Time now) {
    if (!line.stays()) return;
    answers_ = std::min(answers_ + 1, usual_memory);
    usual_bytes_ += (static_cast<double>(answer.bytes) - usual_bytes_) / answers_;
    if (line.figures_.answers() == 0) line.first_answer_ = now;
    const double log_latency = std::log(std::max(answer.first_byte_s, 1e-6));
    usual_log_latency_ += (log_latency - usual_log_latency_) / answers_;
    line.figures_.answered(answer, log_latency, usual_log_latency_);
    Place& place = *line.place_;
    if (place.left) return judge_probe(place, line, now);
    if (place.slots[line.slot_].line != line.id_) {
        line.slot_ = place.next_slot++ % place.slots.size();
    }
    place.slots[line.slot_] = {line.figures_, line.id_, now, false};
    if (now >= next_review_) review(now);
}

Addresses::Lag Addresses::lag_of(const Estimate& one, const std::vector<Estimate>& all) {
    std::vector<double> times;
    double variance = 0;
    for (const Estimate& other : all) {
        if (other.place == one.place) continue;
        times.push_back(other.log_time);
        variance += other.variance;
    }
    const auto others = static_cast<double>(times.size());
    return {one.log_time - median(std::move(times)),
            std::sqrt(one.variance + of_a_median * variance / (others * others))};
}

void Addresses::review(Time now) {
    next_review_ = now + review_every;
    auto all = estimates(now);
    if (all.size() < 2) return;
    put_times(all);
    Place* worst = nullptr;
    double worst_by = 0;
    for (const Estimate& one : all) {
        const auto [by, doubt] = lag_of(one, all);
        one.place->weight = by > likely * doubt ? std::max(std::exp(-by), least_weight) : 1;
        if (by > std::max(half, sure * doubt) && by > worst_by) {
            worst = one.place;
            worst_by = by;
        }
    }
    // One at a time, for the others are compared with what is left; and never more than half.
    std::ptrdiff_t reachable = 0;
    std::ptrdiff_t left = 0;
    for (const auto& place : places_) {
        if (place->aside(now)) continue;
        ++reachable;
        if (place->left) ++left;
    }
    if (worst != nullptr && 2 * (left + 1) <= reachable) leave(*worst, now);
}

void Addresses::judge_probe(Place& place, const Line& line, Time now) {
    const int answers = line.figures_.answers();
    const bool long_enough =
        answers >= fewest_probe_answers && now - line.first_answer_ >= probe_lasts;
    if (answers < probe_answers && !long_enough) return;
    auto all = estimates(now);
    if (all.empty()) return;  // nothing to compare it with now
    Estimate own;
    own.place = &place;
    own.add(line.figures_);
    own.settle();
    all.push_back(own);
    put_times(all);
    if (lag_of(all.back(), all).by < most_of) return rejoin(place, now);
    place.probe = 0;
}

void Addresses::leave(Place& place, Time now) {
    // One that was left before, and has not been back for long, is tried again as seldom as before.
    if (now - place.returned_at > 10 * place.pause) place.pause = first_pause;
    place.left = true;
    place.probe_at = now + place.pause;
}

void Addresses::rejoin(Place& place, Time now) {
    place.left = false;
    place.probe = 0;
    place.weight = 1;
    place.returned_at = now;
    place.slots.fill({});
}

}  // namespace s3pipes
