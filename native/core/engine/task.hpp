// One request to a store, carried to its end: the one loop of attempts.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "core/policy/retry.hpp"
#include "core/words/error.hpp"
#include "core/words/failure.hpp"
#include "core/words/stats.hpp"

namespace s3pipes {

class Loop;

// GET, HEAD, a page of a list: each says what one attempt is, and is told the end. Lives as long as
// its request runs, whoever else has forgotten it.
class Task : public std::enable_shared_from_this<Task> {
  public:
    Task(Loop& loop, Stats& stats, RetryRules rules) noexcept
        : loop_(loop), stats_(stats), rules_(rules) {}
    virtual ~Task() = default;
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;

    // On the loop's thread.
    void start();
    void cancel();  // ended() follows

    Loop& loop() const noexcept { return loop_; }

  protected:
    // Throws Error, or ends well.
    virtual boost::asio::awaitable<void> attempt() = 0;
    // Once, on the loop's thread; nullopt also where the task was cancelled.
    virtual void ended(std::optional<Failure> failure) = 0;

    // After each attempt that failed.
    virtual bool unwanted() const { return false; }      // nobody waits for it any more
    virtual bool complete() const { return false; }      // it failed, but nothing is missing
    virtual std::uint64_t brought() const { return 0; }  // bytes...
    virtual bool progressed() const { return false; }    // ...enough for more attempts
    // How long the next one has to wait at least.
    virtual std::chrono::milliseconds failed(const Error&) { return {}; }
    // Around the wait before another attempt, for who counts what is on its way.
    virtual void pauses() {}
    virtual void goes_on() noexcept {}
    // What else is under way ends too.
    virtual void cancelled() {}
    // The present attempt ends with an error, and nothing else does: who goes on resets its
    // coroutine's cancellation state.
    void interrupt();

    // For messages.
    virtual std::string url() const = 0;
    virtual ByteRange range() const { return {}; }
    virtual const std::string& origin() const = 0;  // where it is asked

  private:
    class Pause;

    boost::asio::awaitable<std::optional<Failure>> run();
    Failure unforeseen(std::exception_ptr thrown) const;
    void tell_of_retry(const Error& error) const;

    Loop& loop_;
    Stats& stats_;
    const RetryRules rules_;
    boost::asio::cancellation_signal signal_;
    bool running_ = false;
};

}  // namespace s3pipes
