// What the answers of one connection take, for the choice among the addresses of its name.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/policy/addresses.hpp"

namespace s3pipes {

// Looks at no clock where there is nothing to choose.
class Stopwatch {
  public:
    explicit Stopwatch(std::unique_ptr<Line> line) noexcept : line_(std::move(line)) {}

    // Null where the host is an address.
    const Line* line() const noexcept { return line_.get(); }

    void asked() noexcept {
        runs_ = line_ && line_->compared();
        answering_ = false;
        if (runs_) asked_at_ = Clock::now();
    }
    void first_byte() noexcept {
        if (!runs_ || std::exchange(answering_, true)) return;
        first_byte_at_ = Clock::now();
    }
    void ended(std::uint64_t body_bytes) noexcept {
        if (runs_) tell(body_bytes, Clock::now());
    }
    // After so many bytes; had it been fast, it would count for nothing.
    void given_up(std::uint64_t body_bytes) noexcept {
        if (!runs_) return;
        const auto now = Clock::now();
        if (now - asked_at_ > worth_telling) tell(body_bytes, now);
    }
    // This answer does not show how fast the address is.
    void forget() noexcept { runs_ = false; }

  private:
    using Clock = Addresses::Clock;
    static constexpr std::chrono::seconds worth_telling{1};

    void tell(std::uint64_t body_bytes, Clock::time_point now) noexcept {
        const auto seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
        const auto first = answering_ ? first_byte_at_ : now;
        line_->answered({seconds(first - asked_at_), body_bytes, seconds(now - first)}, now);
        runs_ = false;
    }

    std::unique_ptr<Line> line_;
    Clock::time_point asked_at_{};
    Clock::time_point first_byte_at_{};
    bool runs_ = false;
    bool answering_ = false;
};

}  // namespace s3pipes
