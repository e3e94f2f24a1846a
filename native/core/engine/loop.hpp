// One event loop: a thread, its connections, its clock.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <optional>
#include <thread>

#include "core/engine/fork_pause.hpp"
#include "core/http/pool.hpp"
#include "core/http/watchdog.hpp"

namespace s3pipes {

class Loop {
  public:
    explicit Loop(std::size_t index);
    ~Loop();

    // Ends the thread. What is posted afterwards is never done.
    void stop();

    std::size_t index() const noexcept { return index_; }
    boost::asio::io_context& context() noexcept { return context_; }
    Pool& pool() noexcept { return pool_; }
    Watchdog& watchdog() noexcept { return watchdog_; }
    // Of answers that may be late.
    Watchdog& lateness() noexcept { return lateness_; }

    template <typename F>
    void post(F&& f) {
        boost::asio::post(context_, std::forward<F>(f));
    }

    // From the loop's thread; a later call takes the place of one that still waits.
    template <typename F>
    void after(std::chrono::microseconds delay, F&& f) {
        soon_.expires_after(delay);
        soon_.async_wait([f = std::forward<F>(f)](const boost::system::error_code& failure) {
            if (!failure) f();
        });
    }

  private:
    std::size_t index_;
    boost::asio::io_context context_{1};  // one thread: Asio may leave out its locks
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    boost::asio::steady_timer soon_{context_};
    Watchdog watchdog_;
    Watchdog lateness_{context_, std::chrono::milliseconds(20)};
    Pool pool_;
    std::thread thread_;
    std::optional<ForkPause> pause_;  // while the thread runs
};

}  // namespace s3pipes
