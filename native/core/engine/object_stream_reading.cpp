// What the consumer calls; what the scheduler sees is in object_stream.cpp.
#include <algorithm>
#include <cstring>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/engine/object_stream.hpp"
#include "core/memory/copy.hpp"

namespace s3pipes {

void ObjectStream::wait(Lock& lock, const Poll& poll, const std::function<bool()>& ready) {
    if (ready()) return;
    Scheduler& scheduler = engine_->scheduler();
    if (reader_->outstanding_ >= reader_->window())
        reader_->policy_.stalled(reader_->delivered_,
                                 std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::steady_clock::now().time_since_epoch())
                                     .count());
    scheduler.wait_begins(*this);
    struct Done {
        Scheduler& scheduler;
        ObjectStream& stream;
        ~Done() { scheduler.wait_ends(stream); }
    } done{scheduler, *this};
    wait_in_slices(lock, changed_, poll, engine_->stats(), [&] {
        if (ready() || scheduler.stopped()) return true;
        // Memory, or the size, may only have become known now.
        scheduler.kick();
        return false;
    });
}

ObjectMeta ObjectStream::wait_ready(const Poll& poll) {
    check_process();
    Lock lock(engine_->scheduler().mutex());
    wait(lock, poll, [this] { return ready_locked(); });
    check_open();
    if (chunks_.empty()) return *meta_;
    Chunk& chunk = *chunks_.front();
    if (chunk.state == Chunk::State::failed && chunk.filled.load() == 0) throw *chunk.failure;
    if (chunk.state == Chunk::State::ready && is_single(chunk)) claim(chunk);
    return *meta_;
}

void ObjectStream::claim(Chunk& chunk) {
    if (claimed_) return;
    claimed_ = true;
    if (chunk.buffer) chunk.buffer->leave_budget();
    release(chunk);
    engine_->scheduler().kick();
}

ObjectMeta ObjectStream::meta(const Poll& poll) {
    if (request_.known) return *request_.known;
    check_process();
    Lock lock(engine_->scheduler().mutex());
    wait(lock, poll, [this] { return meta_ || ready_locked(); });
    require_meta();
    return *meta_;
}

std::uint64_t ObjectStream::end(const Poll& poll) {
    return std::min(meta(poll).size, request_.end);
}

std::shared_ptr<Chunk> ObjectStream::wait_for_bytes(Lock& lock, std::uint64_t enough,
                                                    const Poll& poll) {
    std::shared_ptr<Chunk> chunk;
    const auto found = [&] {
        if (closed_) return true;
        chunk = chunk_at(position_);
        if (!chunk) return false;
        if (chunk->state != Chunk::State::running) return true;
        const std::uint64_t need =
            std::min(position_ - chunk->range.begin + enough, chunk->range.size());
        chunk->wake_at.store(need);
        // A chunk that is wanted to its end is waited for as a whole: its job ends right after.
        if (need >= chunk->range.size() || chunk->memory == nullptr || chunk->filled.load() < need)
            return false;
        chunk->wake_at.store(UINT64_MAX);
        return true;
    };
    if (found()) return chunk;
    wanted_ = enough;
    wait(lock, poll, found);
    wanted_ = 0;
    return chunk;
}

std::shared_ptr<Chunk> ObjectStream::bytes_at_position(Lock& lock, std::uint64_t enough,
                                                       const Poll& poll) {
    if (!meta_) wait(lock, poll, [this] { return meta_ || ready_locked(); });
    check_open();
    require_meta();
    if (left() == 0) return nullptr;
    if (!chunk_at(position_)) {
        consume(0);
        if (next_begin_ != position_) jump(lock);
    }
    auto chunk = wait_for_bytes(lock, enough, poll);
    check_open();
    if (chunk->filled_end() <= position_ && chunk->state == Chunk::State::failed)
        throw *chunk->failure;
    return chunk;
}

void ObjectStream::consume(std::uint64_t count) {
    position_ += count;
    bool moved = false;
    while (!chunks_.empty() && position_ >= chunks_.front()->range.end) {
        Chunk& chunk = *chunks_.front();
        if (is_single(chunk)) {  // kept: small objects are read back and forth
            if (chunk.state != Chunk::State::ready) break;
            release(chunk);
            moved = true;
            claim(chunk);
            break;
        }
        // Passed over by a seek, if it still runs.
        if (chunk.state == Chunk::State::running) cancel_job_of(chunk);
        release(chunk);
        moved = true;
        chunks_.pop_front();
    }
    if (!moved) return;
    Scheduler& scheduler = engine_->scheduler();
    scheduler.touch(*this);
    if (scattered_) {
        step_ *= 2;
        scattered_ = step_ < reader_->chunk_bytes();
        if (!scattered_) step_ = whole_chunks;
        enqueue();
    }
    scheduler.kick();
}

std::size_t ObjectStream::read(std::span<std::byte> into, const Poll& poll) {
    check_process();
    std::size_t done = 0;
    Lock lock(engine_->scheduler().mutex());
    while (done < into.size()) {
        if (whole_complete_) {
            const std::size_t count = std::min<std::uint64_t>(into.size() - done, left());
            if (count == 0) return done;
            lock.unlock();  // nothing changes any more
            copy_bytes(into.data() + done, whole_ + (position_ - request_.begin), count);
            position_ += count;
            return done + count;
        }
        const auto chunk = bytes_at_position(lock, into.size() - done, poll);
        if (!chunk) break;
        const std::size_t count =
            std::min<std::uint64_t>(into.size() - done, chunk->filled_end() - position_);
        lock.unlock();
        copy_bytes(into.data() + done, chunk->memory + (position_ - chunk->range.begin), count);
        lock.lock();
        done += count;
        consume(count);
    }
    return done;
}

void ObjectStream::read_line(std::string& line, std::size_t limit, const Poll& poll) {
    check_process();
    Lock lock(engine_->scheduler().mutex());
    while (limit != 0) {
        const std::byte* from = nullptr;
        std::size_t available = 0;
        std::shared_ptr<Chunk> chunk;
        if (whole_complete_) {
            available = left();
            if (available != 0) from = whole_ + (position_ - request_.begin);
        } else if ((chunk = bytes_at_position(lock, 1, poll))) {
            available = chunk->filled_end() - position_;
            from = chunk->memory + (position_ - chunk->range.begin);
        }
        if (available == 0) return;
        available = std::min(available, limit);
        lock.unlock();
        const void* newline = std::memchr(from, '\n', available);
        const std::size_t count =
            newline ? static_cast<const std::byte*>(newline) - from + 1 : available;
        line.append(reinterpret_cast<const char*>(from), count);
        lock.lock();
        if (whole_complete_)
            position_ += count;
        else
            consume(count);
        if (newline) return;
        limit -= count;
    }
}

Piece ObjectStream::next_piece(const Poll& poll) {
    check_process();
    Lock lock(engine_->scheduler().mutex());
    if (whole_complete_) {
        if (left() == 0) return {};
        const Piece piece{whole_buffer_, whole_ + (position_ - request_.begin), left()};
        position_ += piece.size;
        return piece;
    }
    const auto chunk = bytes_at_position(lock, UINT64_MAX / 2, poll);
    if (!chunk) return {};
    const Piece piece{chunk->buffer, chunk->memory + (position_ - chunk->range.begin),
                      chunk->filled_end() - position_};
    if (chunk->buffer) chunk->buffer->leave_budget();
    consume(piece.size);
    return piece;
}

Piece ObjectStream::whole(const Poll& poll) {
    check_process();
    Lock lock(engine_->scheduler().mutex());
    if (!meta_ || (chunks_.empty() && next_begin_ == request_.begin && !whole_complete_))
        wait(lock, poll, [this] { return ready_locked(); });
    check_open();
    require_meta();
    const std::uint64_t end = end_locked();
    const std::uint64_t size = end > request_.begin ? end - request_.begin : 0;
    if (!whole_complete_ && whole_ == nullptr && !request_.contiguous) {
        if (!chunks_.empty() && is_single(*chunks_.front())) {
            Chunk& chunk = *chunks_.front();
            const auto keep = chunks_.front();
            wait(lock, poll, [&] { return closed_ || chunk.state != Chunk::State::running; });
            check_open();
            if (chunk.state == Chunk::State::failed) throw *chunk.failure;
            claim(chunk);
            return {chunk.buffer, chunk.memory, chunk.range.size()};
        }
        whole_buffer_ = engine_->arena().take_outside(size);
        whole_ = whole_buffer_->data();
    }
    if (!whole_complete_) {
        const std::uint64_t position = std::exchange(position_, request_.begin);
        const std::uint64_t first = chunks_.empty() ? next_begin_ : chunks_.front()->range.begin;
        try {
            if (first != position_) halt(lock);  // read in part already: once more from the start
            scattered_ = false;
            step_ = whole_chunks;
            enqueue();
            collect(lock, poll);
        } catch (...) {
            position_ = position;
            halt(lock);
            throw;
        }
        position_ = position;
    }
    return {whole_buffer_, whole_, size};
}

void ObjectStream::collect(Lock& lock, const Poll& poll) {
    while (!whole_complete_) {
        const auto chunk = bytes_at_position(lock, UINT64_MAX / 2, poll);
        if (!chunk) {
            whole_complete_ = true;
            return;
        }
        const std::size_t count = chunk->filled_end() - position_;
        std::byte* const to = whole_ + (position_ - request_.begin);
        if (to != chunk->memory + (position_ - chunk->range.begin)) {
            lock.unlock();
            copy_bytes(to, chunk->memory + (position_ - chunk->range.begin), count);
            lock.lock();
        }
        consume(count);
    }
}

void ObjectStream::seek(std::uint64_t position) {
    check_process();
    Lock lock(engine_->scheduler().mutex());
    position_ = std::max(position, request_.begin);
    // Where the size is unknown the request under way will tell it.
    if (closed_ || whole_ != nullptr || !meta_ || left() == 0) return;
    if (chunk_at(position_) || next_begin_ == position_) return;
    jump(lock);
}

}  // namespace s3pipes
