#include "core/policy/path.hpp"

#include <algorithm>

namespace s3pipes {
namespace {

constexpr int fewest_answers = 8;
constexpr double shortest_s = 0.02;
// The mean of so many first bytes of S3's is right to a tenth. A slow link brings fewer in time.
constexpr int enough_answers = 64;
constexpr double enough_times = 4;  // of what one takes
constexpr double long_enough_s = 1;
constexpr double slowest_bytes_per_s = 40e6;  // of one connection to S3, in the mean of many
constexpr std::uint64_t tells_a_rate = 256 << 10;
constexpr std::uint64_t tells_of_nearness = 64 << 10;

}  // namespace

void Path::Sums::add(const Served& served) noexcept {
    ++answers;
    first_byte_s += served.first_byte_s;
    busy_s += served.first_byte_s + served.streaming_s;
    bytes += served.bytes;
    if (served.bytes < tells_a_rate) return;
    streaming_s += served.streaming_s;
    streamed += served.bytes;
}

std::optional<Span> Path::served(const Served& served, double now_s) {
    if (!span_) {
        // The first one began what is measured.
        span_.emplace();
        span_->began_s = basis_.began_s = now_s - served.first_byte_s - served.streaming_s;
    }
    span_->add(served);
    basis_.add(served);
    if (served.bytes >= tells_of_nearness && served.streaming_s > 0)
        nearness_.streamed(static_cast<double>(served.bytes) / served.streaming_s, served.bytes);
    learn(now_s);
    // Until those that it began with have been answered too.
    const double mean_s = span_->busy_s / span_->answers;
    if (span_->answers < fewest_answers || now_s - span_->began_s < std::max(shortest_s, mean_s))
        return std::nullopt;
    return end(now_s);
}

void Path::learn(double now_s) {
    if (basis_.answers < fewest_answers) return;
    // The first ones of many are the quick ones: the slow ones must have had the time to come.
    const double seconds = now_s - basis_.began_s;
    const bool enough = basis_.answers >= enough_answers &&
                        seconds >= enough_times * basis_.busy_s / basis_.answers;
    if (!enough && seconds < long_enough_s) return;
    first_byte_.add(basis_.first_byte_s / basis_.answers, now_s);
    if (basis_.streamed != 0)
        per_byte_.add(basis_.streaming_s / static_cast<double>(basis_.streamed), now_s);
    basis_ = {};
    basis_.began_s = now_s;
}

// Who starts beside others on a full link never sees it empty. Slower than every large store is
// therefore taken for queueing, until asking for less has shown that it is not.
double Path::seconds_per_byte() const noexcept {
    const double least = per_byte_.value();
    if (slow_by_itself_) return least;
    return least > 0 ? std::min(least, 1 / slowest_bytes_per_s) : 0;
}

void Path::changed() noexcept {
    slow_by_itself_ = true;
    first_byte_.forget();
    per_byte_.forget();
    basis_ = {};
    if (span_) basis_.began_s = span_->began_s;
}

Span Path::end(double now_s) {
    const Sums& sums = *span_;
    const double seconds = now_s - sums.began_s;
    Span span;
    span.answers = sums.answers;
    span.seconds = seconds;
    span.bytes_per_s = static_cast<double>(sums.bytes) / seconds;
    span.in_flight = sums.busy_s / seconds;
    // What is not known yet cannot tell of a queue, but for what is slower than any large store.
    const double first_byte_s =
        first_byte_.value() > 0 ? first_byte_.value() * sums.answers : sums.first_byte_s;
    double streaming_s = seconds_per_byte() * static_cast<double>(sums.streamed);
    if (streaming_s <= 0)
        streaming_s = slow_by_itself_
                          ? sums.streaming_s
                          : std::min(sums.streaming_s,
                                     static_cast<double>(sums.streamed) / slowest_bytes_per_s);
    const double expected_s = first_byte_s + streaming_s;
    if (expected_s > 0)
        span.crowding = std::max(1.0, (sums.first_byte_s + sums.streaming_s) / expected_s);
    span.load_s = span.in_flight * expected_s / sums.answers;
    service_s_ = sums.busy_s / sums.answers;
    rate_.add(span.bytes_per_s, now_s);
    span_.emplace();
    span_->began_s = now_s;
    return span;
}

}  // namespace s3pipes
