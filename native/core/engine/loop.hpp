// One event loop: a thread, its connections, its clock.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "core/http/pool.hpp"
#include "core/http/watchdog.hpp"

namespace s3pipes {

class Loop {
  public:
    explicit Loop(std::size_t index);
    ~Loop();  // stops the thread; what was under way is dropped

    std::size_t index() const noexcept { return index_; }
    boost::asio::io_context& context() noexcept { return context_; }
    Pool& pool() noexcept { return pool_; }

    template <typename F>
    void post(F&& f) {
        boost::asio::post(context_, std::forward<F>(f));
    }

  private:
    std::size_t index_;
    boost::asio::io_context context_{1};  // one thread: Asio may leave out its locks
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    Watchdog watchdog_;
    Pool pool_;
    std::thread thread_;
};

}  // namespace s3pipes
