#include "core/engine/read/fetch.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <random>
#include <utility>

#include "core/engine/engine.hpp"

namespace s3pipes {
namespace asio = boost::asio;
namespace {

using Clock = std::chrono::steady_clock;

std::chrono::milliseconds in_milliseconds(double seconds) {
    return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
}

double some_share() {
    static thread_local std::mt19937_64 engine{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(engine);
}

std::string in_words(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", seconds);
    return text;
}

}  // namespace

// Lives until its own end, whoever has won.
struct Fetch::Second {
    Second(Fetch& fetch, GetRequest request_)
        : request(std::move(request_)),
          sink(fetch.engine_, fetch.what_, request, fetch.check_, fetch),
          over(fetch.loop().context(), asio::steady_timer::time_point::max()) {}

    GetRequest request;
    ChunkSink sink;
    asio::cancellation_signal signal;
    asio::steady_timer over;  // cancelled at its end
    std::exception_ptr thrown;
    bool is_over = false;
};

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
    if (const auto second = second_; second && filler_ == &second->sink) {
        // The first one was cut. That is over: what cancelled it may not end what follows.
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
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

asio::awaitable<void> Fetch::second_ends() {
    const auto second = second_;
    if (second->is_over) co_return;
    if (what_.chunk->given_up) throw Error(ErrorKind::cancelled, "the reader went away");
    try {
        co_await second->over.async_wait(asio::use_awaitable);
    } catch (const boost::system::system_error&) {
        // It is over, or nobody waits for it any more.
    }
    if (!second->is_over) throw Error(ErrorKind::cancelled, "the reader went away");
}

// An object in one chunk whose answer said nothing of its bytes, for it was asked for as a range,
// has a checksum all the same.
asio::awaitable<void> Fetch::prove() {
    const Download& download = *what_.download;
    const std::uint64_t from = filler_ == nullptr ? 0 : filler_->mark();
    if (what_.chunk->asks_checksum && !check_.told()) {
        std::optional<ObjectChecksum> said;
        bool answered = false;
        try {
            said = co_await download.store->checksum(download.key, request_.if_match);
            answered = true;
        } catch (const Error& error) {
            if (error.kind == ErrorKind::cancelled) throw;
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

void Fetch::asked(const ChunkSink& sink) noexcept {
    if (&sink != &*first_) return;
    slow_s_ = 0;
    asked_s_ = looked_s_ = loop().lateness().now_s();
    loop().lateness().arm(*this, in_milliseconds(what_.patience_s));
}

void Fetch::collects(const ChunkSink&) noexcept {
    disarm();
}

// The head of one of the two is here.
bool Fetch::fills(ChunkSink& sink) {
    const bool is_first = &sink == &*first_;
    if (is_first) {
        end_second();
    } else {
        // The first has begun meanwhile: only if it came to stand still is it left.
        if (filler_ != nullptr && filler_ != &sink && slow_s_ == 0) return false;
        ++engine_.stats().hedges_won;
        end_first();
    }
    filler_ = &sink;
    begun_s_ = looked_s_ = loop().lateness().now_s();
    slow_s_ = 0;
    seen_ = what_.chunk->filled.load();
    loop().lateness().arm(*this, in_milliseconds(Lateness::looked_every_s));
    return true;
}

void Fetch::end_first() {
    if (!first_->ended() && !first_->end()) interrupt();
}

void Fetch::end_second() noexcept {
    const auto second = std::exchange(second_, nullptr);
    if (!second) return;
    if (filler_ == &second->sink) filler_ = nullptr;
    if (second->is_over) return;
    if (!second->sink.end()) second->signal.emit(asio::cancellation_type::terminal);
}

Lateness::Standing Fetch::standing() noexcept {
    const double now_s = loop().lateness().now_s();
    const std::uint64_t filled = what_.chunk->filled.load();
    Lateness::Standing standing;
    standing.begun = filler_ != nullptr;
    standing.waited_s = now_s - (standing.begun ? begun_s_ : asked_s_);
    standing.since_look_s = now_s - looked_s_;
    standing.bytes = standing.begun ? filled - seen_ : 0;
    standing.slow_s = slow_s_;
    standing.left = what_.chunk->range.size() - filled;
    standing.doubled = second_ != nullptr;
    looked_s_ = now_s;
    seen_ = filled;
    return standing;
}

void Fetch::expired() noexcept {
    // What nobody wants and was left to end by itself does so, or does not.
    const Lateness::Standing now = standing();
    Lateness::Look look;
    {
        std::lock_guard lock(engine_.mutex());
        if (what_.chunk->given_up && !what_.chunk->spared) return;
        look = engine_.scheduler().look(what_.stream, now, Clock::now());
    }
    slow_s_ = look.slow ? slow_s_ + now.since_look_s : 0;
    try {
        if (look.cure == Lateness::Cure::hedge && !what_.chunk->given_up) hedge();
        if (look.cure == Lateness::Cure::replace) return replace(now);
    } catch (const std::exception&) {
        // There is no memory for it: as if nothing had been done.
    }
    loop().lateness().arm(*this, in_milliseconds(look.again_s));
}

void Fetch::hedge() {
    GetRequest request = request_;
    const Chunk& chunk = *what_.chunk;
    if (const std::uint64_t filled = chunk.filled.load(); filled != 0)
        request.range = ByteRange{chunk.range.begin + filled, chunk.range.end};
    request.avoid = (filler_ != nullptr ? filler_ : &*first_)->mark();
    const auto second = std::make_shared<Second>(*this, std::move(request));
    second_ = second;
    Stats& stats = engine_.stats();
    ++stats.requests;
    ++stats.hedges;
    asio::co_spawn(
        loop().context(), what_.download->store->get(second->request, second->sink),
        asio::bind_cancellation_slot(
            second->signal.slot(), [self = shared_from_this(), second](std::exception_ptr thrown) {
                second->thrown = thrown;
                second->is_over = true;
                second->over.cancel();
            }));
}

// The present attempt ends, and another begins where it came to.
void Fetch::replace(const Lateness::Standing& standing) {
    Error still(ErrorKind::timeout,
                standing.begun
                    ? "the body stood still: " + std::to_string(standing.bytes) + " bytes in " +
                          in_words(standing.since_look_s)
                    : "no answer for " + in_words(standing.waited_s) + ", while others came");
    still.from = (filler_ != nullptr ? filler_ : &*first_)->mark();
    stood_still_.emplace(std::move(still));
    ++engine_.stats().replaced;
    const bool second_fills = second_ && filler_ == &second_->sink;
    if (second_fills) {
        if (!second_->sink.end()) second_->signal.emit(asio::cancellation_type::terminal);
        return;
    }
    end_second();
    end_first();
}

}  // namespace s3pipes
