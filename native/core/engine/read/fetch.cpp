#include "core/engine/read/fetch.hpp"

#include <utility>

#include "core/engine/engine.hpp"

namespace s3pipes {

Fetch::Fetch(Engine& engine, Todo::Start what)
    : Task(engine.loop(what.chunk->loop), engine.stats(), what.download->retry),
      engine_(engine),
      what_(std::move(what)),
      request_(what_.request) {}

boost::asio::awaitable<void> Fetch::attempt() {
    const Chunk& chunk = *what_.chunk;
    if (chunk.given_up) throw Error(ErrorKind::cancelled, "the reader went away");
    // Only what is missing is asked for, and only of the object that the bytes so far came from.
    if (const std::uint64_t filled = chunk.filled.load(); filled != 0)
        request_.range = ByteRange{chunk.range.begin + filled, chunk.range.end};
    sink_.emplace(engine_, what_, request_);
    co_await what_.download->store->get(request_, *sink_);
    if (!complete())
        throw Error(ErrorKind::connection, "the server sent fewer bytes than were asked for");
}

bool Fetch::complete() const {
    const Chunk& chunk = *what_.chunk;
    const bool placed = chunk.memory.owner() || chunk.range.empty();
    return placed && chunk.filled.load() >= chunk.range.size();
}

void Fetch::failed(const Error& error) {
    if (error.kind != ErrorKind::throttled) {
        request_.avoid = error.from;
        return;
    }
    std::lock_guard lock(engine_.mutex());
    engine_.scheduler().throttled(what_.stream, std::chrono::steady_clock::now());
}

void Fetch::ended(std::optional<Failure> failure) {
    std::optional<Served> served;
    if (sink_ && !failure && !what_.chunk->given_up) served = sink_->served();
    if (served) engine_.stats().transfer.add(served->streaming_s);
    sink_.reset();
    engine_.decide(
        [&](Scheduler& scheduler) {
            return scheduler.ended(
                what_.stream, *what_.chunk,
                failure ? std::make_unique<const Failure>(std::move(*failure)) : nullptr, served,
                std::chrono::steady_clock::now());
        },
        &loop());
}

}  // namespace s3pipes
