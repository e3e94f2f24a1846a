// One small question to a store, asked on an event loop and waited for: HEAD, a page of a list.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "core/engine/attempts.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/wait.hpp"
#include "core/store/object_store.hpp"

namespace s3pipes {

template <typename T>
class Errand : public std::enable_shared_from_this<Errand<T>> {
  public:
    using Ask = std::function<boost::asio::awaitable<T>()>;

    // `what` names the object or prefix in messages. Starts at once.
    static std::shared_ptr<Errand> start(std::shared_ptr<Engine> engine,
                                         std::shared_ptr<ObjectStore> store, std::string what,
                                         RetryRules rules, Ask ask) {
        auto errand = std::shared_ptr<Errand>(new Errand(std::move(engine), std::move(store),
                                                         std::move(what), rules, std::move(ask)));
        errand->loop_.post([errand] {
            auto slot = errand->signal_.slot();
            boost::asio::co_spawn(
                errand->loop_.context(), errand->run(),
                boost::asio::bind_cancellation_slot(slot, [errand](std::exception_ptr failed) {
                    errand->finished_ = true;
                    if (failed) errand->give_up(failed);
                }));
        });
        return errand;
    }

    // Throws Failure, or what `poll` throws.
    T wait(const Poll& poll) {
        engine_->check_process();
        std::unique_lock lock(mutex_);
        wait_in_slices(lock, changed_, poll, engine_->stats(),
                       [this] { return answer_ || failure_ || engine_->scheduler().stopped(); });
        if (failure_) throw *failure_;
        if (!answer_)
            throw Failure(Error(ErrorKind::cancelled, "the engine was shut down"), what_, {}, 0, 0);
        return std::move(*answer_);
    }

    void cancel() {
        if (!engine_->of_present_process()) return;
        auto self = this->shared_from_this();
        loop_.post([self] {
            if (!self->finished_) self->signal_.emit(boost::asio::cancellation_type::terminal);
        });
    }

  private:
    Errand(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store, std::string what,
           RetryRules rules, Ask ask)
        : engine_(std::move(engine)),
          store_(std::move(store)),
          what_(std::move(what)),
          rules_(rules),
          ask_(std::move(ask)),
          loop_(engine_->next_loop()) {}

    void end(std::optional<T> answer, std::optional<Failure> failure) {
        std::lock_guard lock(mutex_);
        answer_ = std::move(answer);
        failure_ = std::move(failure);
        changed_.notify_all();
    }

    // What run() did not foresee must end the wait too.
    void give_up(std::exception_ptr failed) {
        std::string what = "an unknown failure";
        try {
            std::rethrow_exception(failed);
        } catch (const std::exception& thrown) {
            what = thrown.what();
        } catch (...) {
        }
        end(std::nullopt, Failure(Error(ErrorKind::bad_response, what), what_, {}, 1, 0));
    }

    static boost::asio::awaitable<void> sleep_for(std::chrono::milliseconds delay) {
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, delay);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }

    boost::asio::awaitable<void> run() {
        Attempts attempts(rules_);
        for (;;) {
            std::optional<Error> error;
            attempts.begun();
            ++engine_->stats().requests;
            if (attempts.count() > 1) ++engine_->stats().retries;
            try {
                end(co_await ask_(), std::nullopt);
                co_return;
            } catch (const Error& thrown) {
                error.emplace(thrown);
            } catch (const boost::system::system_error& thrown) {
                error.emplace(ErrorKind::connection, thrown.code().message());
            }
            const auto delay = attempts.failed(*error);
            if (!delay) {
                end(std::nullopt, attempts.failure(*error, what_, {}));
                co_return;
            }
            if (delay->count() != 0) co_await sleep_for(*delay);
        }
    }

    const std::shared_ptr<Engine> engine_;
    const std::shared_ptr<ObjectStore> store_;
    const std::string what_;
    const RetryRules rules_;
    const Ask ask_;
    Loop& loop_;
    // On the loop's thread only.
    boost::asio::cancellation_signal signal_;
    bool finished_ = false;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<T> answer_;
    std::optional<Failure> failure_;
};

}  // namespace s3pipes
