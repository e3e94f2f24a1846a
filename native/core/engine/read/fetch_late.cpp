// A Fetch whose answer is late: a second request beside it, and which of the two fills the chunk.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/engine/read/fetch_second.hpp"

namespace s3pipes {
namespace asio = boost::asio;
namespace {

using Clock = std::chrono::steady_clock;

std::string in_words(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", seconds);
    return text;
}

}  // namespace

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
    look.again_s = Lateness::looked_every_s;
    bool abandoned = false;
    try {
        engine_.decide(
            [&](Scheduler& scheduler) {
                const Chunk& chunk = *what_.chunk;
                abandoned = chunk.given_up && !chunk.spared;
                if (abandoned) return Todo();
                return scheduler.look_at(what_.stream, chunk, now, Clock::now(), look);
            },
            &loop());
        if (abandoned) return;
        slow_s_ = look.slow ? slow_s_ + now.since_look_s : 0;
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

}  // namespace s3pipes
