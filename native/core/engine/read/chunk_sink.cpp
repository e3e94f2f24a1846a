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

ChunkSink::ChunkSink(Engine& engine, const Todo::Start& what, GetRequest& request,
                     ChunkCheck& check, Judge& judge)
    : engine_(engine), what_(what), request_(request), check_(check), judge_(judge) {}

void ChunkSink::asked() noexcept {
    began_ = std::chrono::steady_clock::now();
    judge_.asked(*this);
}

void ChunkSink::carried(Carrier* by) noexcept {
    carrier_ = by;
    if (by != nullptr) mark_ = by->mark();
}

bool ChunkSink::end() noexcept {
    ended_ = true;
    if (carrier_ == nullptr) return false;
    carrier_->cut();
    return true;
}

ChunkSink::Place ChunkSink::begin(const ObjectMeta& meta, ByteRange body) {
    if (ended_ || !judge_.fills(*this))
        throw Error(ErrorKind::cancelled, "another answer came first");
    head_ = std::chrono::steady_clock::now();
    engine_.stats().first_byte.add(seconds(head_ - began_));
    Chunk& chunk = *what_.chunk;
    filled_before_ = filled_ = chunk.filled.load();
    engine_.decide([&](Scheduler& scheduler) {
        Todo todo = scheduler.answered(what_.stream, chunk, meta, seconds(head_ - began_), head_);
        const ObjectMeta& known = *what_.download->queue.meta();
        if (request_.if_match.empty()) request_.if_match = known.etag;
        request_.known_size = known.size;
        scheduler.told(what_.stream, chunk, said_, !request_.range, todo);
        return todo;
    });
    const std::uint64_t from = chunk.range.begin + filled_;
    const std::uint64_t asked = request_.range ? request_.range->begin : 0;
    if (body.begin != asked && !chunk.range.empty())
        throw Error(ErrorKind::bad_response, "the answer begins at byte " +
                                                 std::to_string(body.begin) + ", not at " +
                                                 std::to_string(asked));
    if (said_ && body == chunk.range) check_.tell(*said_, body.size() == meta.size);
    const std::uint64_t until = std::min(body.end, chunk.range.end);
    if (until <= from) return {};
    // The other one has brought more since this one was asked.
    return {chunk.memory.bytes().subspan(filled_, until - from), from - body.begin};
}

void ChunkSink::advanced(std::size_t total) {
    if (ended_) throw Error(ErrorKind::cancelled, "another answer came first");
    Chunk& chunk = *what_.chunk;
    engine_.stats().bytes_received += filled_before_ + total - filled_;
    filled_ = filled_before_ + total;
    chunk.filled.store(filled_);
    check_.follow();
    if (filled_ >= chunk.wake_at.load() && filled_ < chunk.range.size()) {
        std::lock_guard lock(engine_.mutex());
        what_.download->signal.wake();
    }
}

void ChunkSink::filled() {
    const Chunk& chunk = *what_.chunk;
    if (!check_.told() || filled_ < chunk.range.size()) return;
    try {
        check_.end();
    } catch (const Error&) {
        filled_ = filled_before_;  // it has brought nothing
        throw;
    }
}

Served ChunkSink::served() const noexcept {
    return {seconds(head_ - began_), seconds(std::chrono::steady_clock::now() - head_), received()};
}

bool ChunkSink::reserve(std::uint64_t bytes) {
    judge_.collects(*this);
    std::uint64_t held = 0;
    for (const Charge& charge : reserved_) held += charge.bytes();
    if (bytes <= held) return true;
    auto more = engine_.arena().try_charge(bytes - held);
    if (!more) return false;
    reserved_.push_back(std::move(*more));
    return true;
}

}  // namespace s3pipes
