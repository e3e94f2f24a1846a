#include "sim/server/clock.hpp"

#include <algorithm>
#include <chrono>

namespace s3pipes::sim {
namespace {

constexpr double tick_s = 0.0001;

}  // namespace

double Clock::now_s() noexcept {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void Clock::call_at(double at_s, Waiter& waiter) {
    heap_.push_back({at_s, &waiter});
    std::push_heap(heap_.begin(), heap_.end());
    const double next_s = std::max(at_s, ticked_s_ + tick_s);
    if (armed_s_ == 0 || next_s < armed_s_ - tick_s) arm(next_s);
}

void Clock::arm(double at_s) {
    armed_s_ = at_s;
    const std::chrono::duration<double> since_epoch(at_s);
    timer_.expires_at(std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(since_epoch)));
    timer_.async_wait([this](const boost::system::error_code& failure) {
        if (!failure) tick();
    });
}

void Clock::tick() {
    const double now = now_s();
    ticked_s_ = now;
    armed_s_ = now;  // who is called and waits anew does not arm: an earlier one may be in the heap
    while (!heap_.empty() && heap_.front().at_s <= now) {
        std::pop_heap(heap_.begin(), heap_.end());
        Waiter* waiter = heap_.back().waiter;
        heap_.pop_back();
        waiter->due(now);
    }
    armed_s_ = 0;
    if (!heap_.empty()) arm(std::max(heap_.front().at_s, now + tick_s));
}

}  // namespace s3pipes::sim
