// A coroutine's wait for a time.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "sim/server/clock.hpp"

namespace s3pipes::sim {

class Nap final : private Clock::Waiter {
  public:
    explicit Nap(Clock& clock) : clock_(clock) {}

    auto until(double at_s) {
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
            [this, at_s](auto handler) {
                waker_ = std::move(handler);
                clock_.call_at(at_s, *this);
            },
            boost::asio::use_awaitable);
    }

  private:
    void due(double) override { std::exchange(waker_, {})(); }

    Clock& clock_;
    boost::asio::any_completion_handler<void()> waker_;
};

}  // namespace s3pipes::sim
