#include "core/engine/chunk_sink.hpp"

#include <algorithm>

#include "core/engine/object_stream.hpp"
#include "core/engine/scheduler.hpp"

namespace s3pipes {

ChunkSink::ChunkSink(Scheduler& scheduler, Job& job)
    : scheduler_(scheduler),
      job_(job),
      filled_before_(job.chunk->filled.load()),
      filled_(filled_before_) {}

void ChunkSink::check_same_object(const ObjectMeta& meta) const {
    const ObjectMeta& known = *job_.stream->meta_;
    std::string what;
    if (known.size != meta.size)
        what = "the object has " + std::to_string(meta.size) + " bytes now, it had " +
               std::to_string(known.size);
    else if (!known.etag.empty() && !meta.etag.empty() && known.etag != meta.etag)
        what = "the object's ETag is " + meta.etag + " now, it was " + known.etag;
    else
        return;
    throw Error(ErrorKind::object_changed, what);
}

void ChunkSink::place_chunk() {
    ObjectStream& stream = *job_.stream;
    Chunk& chunk = *job_.chunk;
    Arena& arena = scheduler_.arena();
    const ByteRange asked = chunk.range;
    const std::uint64_t end = stream.end_locked();
    if (stream.request_.contiguous && stream.whole_ == nullptr) {
        stream.whole_buffer_ = arena.take_outside(end - stream.request_.begin);
        stream.whole_ = stream.whole_buffer_->data();
    }
    stream.check_fits();
    const ByteRange real{asked.begin,
                         std::clamp(asked.end, asked.begin, std::max(end, asked.begin))};
    if (chunk.memory == nullptr && stream.whole_ == nullptr) {
        const std::uint64_t needed = Arena::rounded(real.size());
        if (needed > chunk.charge && !arena.try_charge(needed - chunk.charge)) throw TooSmall{};
        if (needed < chunk.charge) arena.discharge(chunk.charge - needed);
        chunk.charge = needed;  // should no memory be had
        chunk.buffer = arena.take(real.size());
        chunk.charge = 0;
        chunk.memory = chunk.buffer->data();
    } else if (chunk.memory == nullptr) {
        if (chunk.charge != 0) arena.discharge(std::exchange(chunk.charge, 0));
        chunk.memory = stream.whole_ + (real.begin - stream.request_.begin);
    }
    stream.reader_->outstanding_ -= chunk.counted - std::min(chunk.counted, real.size());
    chunk.counted = std::min(chunk.counted, real.size());
    chunk.range = real;
    stream.next_begin_ = std::min(stream.next_begin_, std::max(end, real.end));
}

std::span<std::byte> ChunkSink::begin(const ObjectMeta& meta, ByteRange body) {
    const auto latency = std::chrono::steady_clock::now() - began_;
    std::lock_guard lock(scheduler_.mutex());
    if (job_.cancelled) throw Error(ErrorKind::cancelled, "the reader went away");
    ObjectStream& stream = *job_.stream;
    Chunk& chunk = *job_.chunk;
    scheduler_.answered(stream.nearness_.answered(latency));
    stream.reader_->adapt(stream.nearness_.near());
    const bool first_head = !stream.meta_.has_value();
    if (first_head) {
        stream.meta_ = meta;
        if (stream.request_.end != UINT64_MAX && stream.request_.end > meta.size)
            throw Error(ErrorKind::range_not_satisfiable, "the range ends beyond the object's " +
                                                              std::to_string(meta.size) + " bytes");
        stream.reader_->size_guess_ = std::max<std::uint64_t>(meta.size + meta.size / 4, 64 << 10);
    } else {
        check_same_object(meta);
        if (stream.meta_->etag.empty()) stream.meta_->etag = meta.etag;
        if (stream.meta_->last_modified == 0) stream.meta_->last_modified = meta.last_modified;
    }
    if (job_.request.if_match.empty()) job_.request.if_match = stream.meta_->etag;
    job_.request.known_size = meta.size;
    if (chunk.memory == nullptr) place_chunk();
    if (first_head) {
        stream.changed_.notify_all();
        stream.announce();
        stream.enqueue();
        if (stream.next_range()) scheduler_.kick();
    }
    const std::uint64_t from = chunk.range.begin + filled_;
    if (body.begin != from && !chunk.range.empty())
        throw Error(ErrorKind::bad_response, "the answer begins at byte " +
                                                 std::to_string(body.begin) + ", not at " +
                                                 std::to_string(from));
    const std::uint64_t until = std::min(body.end, chunk.range.end);
    if (until <= from) return {};
    return {chunk.memory + filled_, until - from};
}

void ChunkSink::advanced(std::size_t total) {
    Chunk& chunk = *job_.chunk;
    scheduler_.stats().bytes_received += filled_before_ + total - filled_;
    filled_ = filled_before_ + total;
    chunk.filled.store(filled_);
    if (filled_ >= chunk.wake_at.load() && filled_ < chunk.range.size()) {
        std::lock_guard lock(scheduler_.mutex());
        job_.stream->changed_.notify_all();
    }
}

}  // namespace s3pipes
