#include "core/engine/task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <new>

#include "core/engine/attempts.hpp"
#include "core/engine/loop.hpp"
#include "core/words/events.hpp"

namespace s3pipes {
namespace asio = boost::asio;

namespace {

// While a request lives, its loop's ticks go on, also in pauses, and tell when it was held up.
class Presence final : public Watchdog::Watch {
  public:
    explicit Presence(Watchdog& watchdog)
        : watchdog_(watchdog), held_up_before_(watchdog.held_up()) {
        watchdog.arm(*this, std::chrono::hours(24 * 365));
    }
    std::chrono::steady_clock::duration held_up() const noexcept {
        return watchdog_.held_up() - held_up_before_;
    }

  private:
    void expired() noexcept override {}

    const Watchdog& watchdog_;
    const std::chrono::steady_clock::duration held_up_before_;
};

}  // namespace

class Task::Pause {
  public:
    explicit Pause(Task& task) : task_(task) { task_.pauses(); }
    ~Pause() { task_.goes_on(); }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

  private:
    Task& task_;
};

void Task::start() {
    running_ = true;
    asio::co_spawn(loop_.context(), run(),
                   asio::bind_cancellation_slot(
                       signal_.slot(), [self = shared_from_this()](std::exception_ptr thrown,
                                                                   std::optional<Failure> failure) {
                           self->running_ = false;
                           if (thrown) failure = self->unforeseen(thrown);
                           self->ended(std::move(failure));
                       }));
}

void Task::cancel() {
    if (!running_) return;
    cancelled();
    interrupt();
}

void Task::interrupt() {
    signal_.emit(asio::cancellation_type::terminal);
}

asio::awaitable<std::optional<Failure>> Task::run() {
    const Presence present(loop_.watchdog());
    Attempts attempts(rules_);
    std::optional<RetryCause> cause;  // of the attempt before
    for (;;) {
        std::optional<Error> error;
        attempts.begun();
        ++stats_.requests;
        if (cause) stats_.retried(*cause);
        try {
            co_await attempt();
            co_return std::nullopt;
        } catch (const Error& thrown) {
            error.emplace(thrown);
        } catch (const boost::system::system_error& thrown) {
            error.emplace(ErrorKind::connection, thrown.code().message());
        } catch (const std::bad_alloc&) {
            error.emplace(ErrorKind::config, "the machine is out of memory");
        }
        cause = cause_of(error->kind);
        if (error->status == 503 || error->status == 429) ++stats_.throttled;
        if (unwanted() || complete()) co_return std::nullopt;
        attempts.brought(brought(), progressed());
        const auto least = failed(*error);
        const auto delay = attempts.failed(*error, present.held_up(), least);
        if (!delay) co_return attempts.failure(*error, url(), range());
        tell_of_retry(*error);
        if (delay->count() == 0) continue;
        const Pause pause(*this);
        try {
            asio::steady_timer timer(co_await asio::this_coro::executor, *delay);
            co_await timer.async_wait(asio::use_awaitable);
        } catch (const boost::system::system_error&) {
            co_return std::nullopt;  // cancelled while asleep
        }
    }
}

// Once for each place and cause: whoever waits has to know for what.
void Task::tell_of_retry(const Error& error) const {
    if (!is_transient(error.kind) && !is_doubtful(error.kind)) return;
    if (error.status == 412) return;  // a change, if it is confirmed: that is told as an error
    Events& events = Events::here();
    const std::string& where = origin();
    if (!events.first(where + " " + name_of(error.kind))) {
        if (events.wants(Level::debug))
            events.add(Level::debug, url() + ": " + error.message + "; trying again");
        return;
    }
    const auto limit_s = std::chrono::duration_cast<std::chrono::seconds>(rules_.time_limit);
    std::string text = where + ": " + error.message;
    if (error.kind == ErrorKind::throttled)
        text +=
            ". The store asks for fewer requests: it gets fewer, and what it refused is asked "
            "for again";
    else
        text += is_transient(error.kind)
                    ? "; trying again, for up to " + std::to_string(limit_s.count()) + " s"
                    : "; such answers are asked for again, up to " +
                          std::to_string(rules_.max_doubts) + " times in a row";
    if (error.whence) text += ". " + error.whence->sentence;
    events.add(Level::warning, text + ". This is said once; stats().retries goes on counting");
}

// What no attempt should throw must end the wait of the reader too, and by name.
Failure Task::unforeseen(std::exception_ptr thrown) const {
    std::string what = "an unknown failure";
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& exception) {
        what = exception.what();
    } catch (...) {
    }
    return Failure(Error(ErrorKind::bad_response, what), url(), range(), 1, 0);
}

}  // namespace s3pipes
