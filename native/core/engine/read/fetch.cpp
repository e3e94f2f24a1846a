// Its attempts; what is done while one is late stands in fetch_late.cpp.
#include "core/engine/read/fetch.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/engine/impatient.hpp"
#include "core/engine/read/fetch_second.hpp"

namespace s3pipes {
namespace asio = boost::asio;
namespace {

using Clock = std::chrono::steady_clock;

double some_share() {
    static thread_local std::mt19937_64 engine{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(engine);
}

}  // namespace

Fetch::Fetch(Engine& engine, Todo::Start what)
    : Task(engine.loop(what.chunk->loop), engine.stats(), what.download->retry),
      engine_(engine),
      what_(std::move(what)),
      request_(what_.request),
      paced_(what_.paced),
      check_(*what_.download, *what_.chunk) {}

Fetch::~Fetch() = default;

asio::awaitable<void> Fetch::attempt() {
    std::optional<Error> change;
    try {
        co_await ask();
        if (!check_.ended()) co_await prove();
        co_return;
    } catch (const Error& error) {
        if (what_.chunk->given_up) throw;
        if (error.kind == ErrorKind::object_changed) {
            change.emplace(error);
        } else if (error.kind == ErrorKind::range_not_satisfiable) {
            const auto meta = known();
            if (!meta || meta->size < what_.chunk->range.end) throw;
            change.emplace(
                ErrorKind::object_changed,
                "the object had " + std::to_string(meta->size) + " bytes: " + error.message);
        } else {
            throw;
        }
    }
    co_await second_look(std::move(*change));
}

std::optional<ObjectMeta> Fetch::known() {
    std::lock_guard lock(engine_.mutex());
    return what_.download->queue.meta();
}

// An answer tells of another version than the one that is read. One that is wrong may be anybody's
// mistake on the way; two that say the same, and a HEAD that confirms it, are believed.
asio::awaitable<void> Fetch::second_look(Error change) {
    const auto before = known();
    if (!before || std::exchange(told_, change.message) != change.message) {
        change.kind = ErrorKind::bad_response;
        throw change;
    }
    ++engine_.stats().requests;
    ObjectMeta now = co_await what_.download->store->head(what_.download->key);
    const bool same = now.size == before->size &&
                      (now.etag.empty() || before->etag.empty() || now.etag == before->etag);
    if (same) {
        told_.clear();
        change.kind = ErrorKind::bad_response;
        throw change;
    }
    bool anew = false;
    engine_.decide([&](Scheduler& scheduler) {
        auto todo = scheduler.corrected(what_.stream, now);
        anew = todo.has_value();
        return anew ? std::move(*todo) : Todo();
    });
    if (anew) throw Error(ErrorKind::cancelled, "the object is read anew");
    throw change;
}

asio::awaitable<void> Fetch::ask() {
    const Chunk& chunk = *what_.chunk;
    if (paced_) co_await turn();
    if (chunk.given_up) throw Error(ErrorKind::cancelled, "the reader went away");
    // Only what is missing is asked for, and only of the object that the bytes so far came from.
    if (const std::uint64_t filled = chunk.filled.load(); filled != 0)
        request_.range = ByteRange{chunk.range.begin + filled, chunk.range.end};
    else
        request_.range = what_.request.range;
    filler_ = nullptr;
    stood_still_.reset();
    ChunkSink::Judge& judge = *this;
    first_.emplace(engine_, what_, request_, check_, judge);
    second_.reset();
    std::exception_ptr thrown;
    try {
        co_await what_.download->store->get(request_, *first_);
    } catch (...) {
        thrown = std::current_exception();
    }
    // It may have been cut, for another answer or another attempt. That is over: what cancelled it
    // may not end what follows.
    if (!chunk.given_up)
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    if (const auto second = second_; second && filler_ == &second->sink) {
        co_await second_ends();
        thrown = second->thrown;
        request_.if_match = second->request.if_match;
        request_.known_size = second->request.known_size;
    } else {
        end_second();
    }
    disarm();
    if (in_place()) co_return;
    if (stood_still_ && !chunk.given_up) throw Error(*stood_still_);
    if (thrown) std::rethrow_exception(thrown);
    throw Error(ErrorKind::connection, "the server sent fewer bytes than were asked for");
}

// To a store that refuses some requests they go one by one.
asio::awaitable<void> Fetch::turn() {
    Clock::time_point when;
    {
        std::lock_guard lock(engine_.mutex());
        when = engine_.scheduler().turn(what_.stream, Clock::now());
    }
    if (when <= Clock::now()) co_return;
    asio::steady_timer timer(loop().context(), when);
    co_await timer.async_wait(asio::use_awaitable);
}

// An object in one chunk whose answer said nothing of its bytes, for it was asked for as a range,
// has a checksum all the same.
asio::awaitable<void> Fetch::prove() {
    constexpr int most_asked = 3;
    const Download& download = *what_.download;
    const std::uint64_t from = filler_ == nullptr ? 0 : filler_->mark();
    if (what_.chunk->asks_checksum && !check_.told()) {
        std::optional<ObjectChecksum> said;
        bool answered = false;
        double patience_s = 0;
        {
            std::lock_guard lock(engine_.mutex());
            patience_s = engine_.scheduler().question_patience_s(what_.stream);
        }
        for (int asks = 1; asks <= most_asked && !answered; ++asks) {
            try {
                co_await download.store->ready();
                if (paced_) co_await turn();
                ++engine_.stats().requests;
                auto asked = download.store->checksum(download.key, request_.if_match);
                said =
                    co_await impatient(std::move(asked), patience_of(asks, most_asked, patience_s),
                                       shared_from_this());
                answered = true;
            } catch (const Error& error) {
                if (error.kind == ErrorKind::cancelled) throw;
                if (!is_transient(error.kind) && error.kind != ErrorKind::expired_credentials)
                    break;
                if (asks < most_asked) engine_.stats().retried(cause_of(error.kind));
            }
        }
        if (said) check_.tell(*said, true);
        if (answered) {
            std::lock_guard lock(engine_.mutex());
            engine_.scheduler().told(what_.stream, said);
        }
    }
    try {
        check_.end();
    } catch (Error& error) {
        error.from = from;
        filler_ = nullptr;  // has brought nothing
        throw;
    }
}

// A byte now and then is none.
bool Fetch::progressed() const {
    constexpr std::uint64_t worthwhile_bytes = 64 << 10;
    constexpr std::uint64_t worthwhile_parts = 16;
    return brought() != 0 &&
           brought() >= std::min(worthwhile_bytes, what_.chunk->range.size() / worthwhile_parts);
}

bool Fetch::complete() const {
    return in_place() && check_.ended();
}

bool Fetch::in_place() const {
    const Chunk& chunk = *what_.chunk;
    const bool placed = chunk.memory.owner() || chunk.range.empty();
    return placed && chunk.filled.load() >= chunk.range.size();
}

std::chrono::milliseconds Fetch::failed(const Error& error) {
    paced_ = error.kind == ErrorKind::throttled;
    if (!paced_) request_.avoid = error.from;
    std::lock_guard lock(engine_.mutex());
    return in_milliseconds(
        engine_.scheduler().failed(what_.stream, error.kind, Clock::now(), some_share()));
}

void Fetch::pauses() {
    engine_.decide(
        [&](Scheduler& scheduler) { return scheduler.pauses(what_.stream, *what_.chunk); },
        &loop());
}

void Fetch::goes_on() noexcept {
    std::lock_guard lock(engine_.mutex());
    engine_.scheduler().goes_on(what_.stream, *what_.chunk);
}

void Fetch::cancelled() {
    end_second();
}

void Fetch::ended(std::optional<Failure> failure) {
    std::optional<Served> served;
    disarm();
    // No chunk is ever called complete that is not.
    if (!failure && !what_.chunk->given_up && !complete())
        failure.emplace(Error(ErrorKind::connection, "the request ended without its bytes"), url(),
                        range(), 1, 0);
    if (filler_ != nullptr && !failure && !what_.chunk->given_up) served = filler_->served();
    if (served) engine_.stats().transfer.add(served->streaming_s);
    end_second();
    engine_.decide(
        [&](Scheduler& scheduler) {
            return scheduler.ended(
                what_.stream, *what_.chunk,
                failure ? std::make_unique<const Failure>(std::move(*failure)) : nullptr, served,
                Clock::now());
        },
        &loop());
}

}  // namespace s3pipes
