#include "core/http/watchdog.hpp"

#include <memory>

namespace s3pipes {
namespace {

// A tick that comes so late does so because nothing of the process ran. A processor that is busy
// delays it by less.
constexpr std::chrono::seconds held_up_from{1};

}  // namespace

void Watchdog::Watch::disarm() noexcept {
    if (dog_ == nullptr) return;
    if (dog_->next_in_scan_ == this) dog_->next_in_scan_ = after_;
    (before_ != nullptr ? before_->after_ : dog_->first_) = after_;
    if (after_ != nullptr) after_->before_ = before_;
    dog_ = nullptr;
    before_ = after_ = nullptr;
}

Watchdog::Watchdog(boost::asio::io_context& loop, std::chrono::milliseconds tick_length)
    : tick_length_(tick_length), timer_(loop), self_(std::make_shared<Watchdog*>(this)) {}

Watchdog::~Watchdog() {
    *self_ = nullptr;
    while (first_ != nullptr) first_->disarm();
}

void Watchdog::start() {
    started_ = true;
    if (first_ != nullptr) schedule();
}

void Watchdog::stop() {
    started_ = false;
    timer_.cancel();
}

void Watchdog::arm(Watch& watch, std::chrono::milliseconds patience) {
    const auto ticks = (patience + tick_length_ - std::chrono::milliseconds(1)) / tick_length_;
    // One more than that: the tick under way is already partly over.
    watch.last_tick_ = tick_ + static_cast<std::uint64_t>(ticks < 0 ? 0 : ticks) + 1;
    if (watch.dog_ == this) return;
    watch.disarm();
    watch.dog_ = this;
    watch.after_ = first_;
    if (first_ != nullptr) first_->before_ = &watch;
    first_ = &watch;
    if (started_) schedule();
}

void Watchdog::schedule() {
    if (scheduled_) return;
    scheduled_ = true;
    timer_.expires_after(tick_length_);
    timer_.async_wait([self = self_](const boost::system::error_code& cancelled) {
        Watchdog* dog = *self;
        if (dog == nullptr) return;
        dog->scheduled_ = false;
        if (!dog->started_) return;
        if (!cancelled) dog->scan();
        if (dog->first_ != nullptr) dog->schedule();
    });
}

std::chrono::steady_clock::duration Watchdog::overdue() const noexcept {
    const auto late = std::chrono::steady_clock::now() - timer_.expiry();
    return late < held_up_from ? std::chrono::steady_clock::duration{0} : late;
}

// Whoever asks may come before the tick that is due: both wait in the loop.
std::chrono::steady_clock::duration Watchdog::held_up() const noexcept {
    return scheduled_ ? held_up_ + overdue() : held_up_;
}

void Watchdog::scan() {
    ++tick_;
    held_up_ += overdue();
    next_in_scan_ = first_;
    while (next_in_scan_ != nullptr) {
        Watch& watch = *next_in_scan_;
        next_in_scan_ = watch.after_;
        if (watch.last_tick_ > tick_) continue;
        watch.disarm();
        watch.expired();
    }
}

}  // namespace s3pipes
