#include "core/engine/read/chunk_sink.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/engine/engine.hpp"

namespace s3pipes {

namespace {

double seconds(std::chrono::steady_clock::duration duration) noexcept {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

ChunkSink::ChunkSink(Engine& engine, const Todo::Start& what, GetRequest& request)
    : engine_(engine),
      what_(what),
      request_(request),
      filled_before_(what.chunk->filled.load()),
      filled_(filled_before_) {}

std::span<std::byte> ChunkSink::begin(const ObjectMeta& meta, ByteRange body) {
    head_ = std::chrono::steady_clock::now();
    engine_.stats().first_byte.add(seconds(head_ - began_));
    Chunk& chunk = *what_.chunk;
    engine_.decide([&](Scheduler& scheduler) {
        Todo todo = scheduler.answered(what_.stream, chunk, meta, seconds(head_ - began_));
        const ObjectMeta& known = *what_.download->queue.meta();
        if (request_.if_match.empty()) request_.if_match = known.etag;
        request_.known_size = known.size;
        return todo;
    });
    const std::uint64_t from = chunk.range.begin + filled_;
    if (body.begin != from && !chunk.range.empty())
        throw Error(ErrorKind::bad_response, "the answer begins at byte " +
                                                 std::to_string(body.begin) + ", not at " +
                                                 std::to_string(from));
    const std::uint64_t until = std::min(body.end, chunk.range.end);
    if (until <= from) return {};
    return chunk.memory.bytes().subspan(filled_, until - from);
}

void ChunkSink::advanced(std::size_t total) {
    Chunk& chunk = *what_.chunk;
    engine_.stats().bytes_received += filled_before_ + total - filled_;
    filled_ = filled_before_ + total;
    chunk.filled.store(filled_);
    if (filled_ >= chunk.wake_at.load() && filled_ < chunk.range.size()) {
        std::lock_guard lock(engine_.mutex());
        what_.download->signal.wake();
    }
}

Served ChunkSink::served() const noexcept {
    return {seconds(head_ - began_), seconds(std::chrono::steady_clock::now() - head_), received()};
}

bool ChunkSink::reserve(std::uint64_t bytes) {
    std::uint64_t held = 0;
    for (const Charge& charge : reserved_) held += charge.bytes();
    if (bytes <= held) return true;
    auto more = engine_.arena().try_charge(bytes - held);
    if (!more) return false;
    reserved_.push_back(std::move(*more));
    return true;
}

}  // namespace s3pipes
