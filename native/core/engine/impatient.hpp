// A small question whose answer is late is better asked anew than waited for.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cmath>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "core/words/error.hpp"

namespace s3pipes {

// How patient an attempt is, from the first on: each twice as much as the one before, and then,
// or where it is the last one that may be made, without end (0).
inline double patience_of(int attempt, int max_attempts, double first_s) noexcept {
    constexpr int impatient_attempts = 2;
    if (attempt > impatient_attempts || attempt >= max_attempts) return 0;
    return std::ldexp(first_s, attempt - 1);
}

// What `asked` brings, or Error{timeout} once it was late: then it is called off. Given by name,
// for gcc 12 destroys some temporaries of a co_await twice, as it does in asio's own groups of
// operations. The keeper lives until what was asked has ended, which may be after this has: it owns
// what that is made of.
template <typename T>
boost::asio::awaitable<T> impatient(boost::asio::awaitable<T> asked, double patience_s,
                                    std::shared_ptr<const void> keeper) {
    namespace asio = boost::asio;
    if (patience_s <= 0) co_return co_await std::move(asked);
    struct Question {
        Question(const asio::any_io_executor& executor, std::chrono::milliseconds patience)
            : over(executor, patience) {}
        asio::steady_timer over;  // late, or cancelled at its end
        asio::cancellation_signal signal;
        std::exception_ptr thrown;
        T answer{};
        bool is_over = false;
    };
    const auto patience =
        std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(patience_s));
    const auto executor = co_await asio::this_coro::executor;
    const auto question = std::make_shared<Question>(executor, patience);
    asio::co_spawn(
        executor, std::move(asked),
        asio::bind_cancellation_slot(question->signal.slot(),
                                     [question, keeper](std::exception_ptr thrown, T answer) {
                                         question->thrown = std::move(thrown);
                                         question->answer = std::move(answer);
                                         question->is_over = true;
                                         question->over.cancel();
                                     }));
    bool late = false;
    try {
        co_await question->over.async_wait(asio::use_awaitable);
        late = true;
    } catch (const boost::system::system_error&) {
        // It is over, or nobody waits for it any more.
    }
    if (question->is_over && question->thrown) std::rethrow_exception(question->thrown);
    if (question->is_over) co_return std::move(question->answer);
    question->signal.emit(asio::cancellation_type::terminal);
    if (!late) throw Error(ErrorKind::cancelled, "nobody waits for the answer any more");
    throw Error(ErrorKind::timeout,
                "no answer for " + std::to_string(patience.count()) + " ms, which is late");
}

}  // namespace s3pipes
