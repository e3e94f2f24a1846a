// What both sides see; what each changes is in chunk_queue_reading.cpp and chunk_queue_filling.cpp.
#include "core/engine/read/chunk_queue.hpp"

#include <algorithm>
#include <utility>

namespace s3pipes {
ChunkQueue::ChunkQueue(Wish wish, Destination destination)
    : wish_(std::move(wish)),
      meta_(wish_.known),
      wished_one_piece_(destination.is_one_piece()),
      destination_(std::move(destination)),
      next_begin_(wish_.range.begin),
      position_(wish_.range.begin),
      wanted_until_(wish_.glance ? wish_.range.begin + 1 : 0),
      run_begin_(wish_.range.begin),
      step_bytes_(wish_.glance ? first_step_bytes : unbounded) {
    if (wish_.check && wish_.range.begin == 0) check_.begin();
}

std::uint64_t ChunkQueue::end() const noexcept {
    return meta_ ? std::min(meta_->size, wish_.range.end) : wish_.range.end;
}

bool ChunkQueue::is_single(const Chunk& chunk) const noexcept {
    return meta_ && chunk.range.begin == begin() && chunk.range.end >= end();
}

std::shared_ptr<Chunk> ChunkQueue::chunk_at(std::uint64_t position) const noexcept {
    const auto behind = std::partition_point(
        chunks_.begin(), chunks_.end(),
        [position](const auto& chunk) { return chunk->range.begin <= position; });
    if (behind == chunks_.begin()) return nullptr;
    const auto& chunk = *(behind - 1);
    const bool told_here = chunk->state == Chunk::State::failed && position == chunk->range.begin;
    if (position < chunk->range.end || chunk->range.empty() || told_here) return chunk;
    return nullptr;
}

bool ChunkQueue::ready() const noexcept {
    if (closed_ || (meta_ && left() == 0)) return true;
    if (chunks_.empty()) return false;
    const Chunk& first = *chunks_.front();
    if (!first.running()) return true;
    return meta_ && first.memory.owner() && !is_single(first);
}

bool ChunkQueue::complete() const noexcept {
    if (!meta_) return false;
    if (size() == 0) return true;
    return pending_ == 0 && failed_ == 0 && next_begin_ >= end() && !chunks_.empty() &&
           chunks_.front()->range.begin == begin();
}

std::vector<std::shared_ptr<Chunk>> ChunkQueue::complete_chunks() const {
    std::vector<std::shared_ptr<Chunk>> found;
    for (const auto& chunk : chunks_)
        if (chunk->held || chunk->state == Chunk::State::ready) found.push_back(chunk);
    return found;
}

const Failure* ChunkQueue::first_failure() const noexcept {
    if (failed_ == 0) return nullptr;
    for (const auto& chunk : chunks_)
        if (chunk->failure) return chunk->failure.get();
    return nullptr;
}

bool ChunkQueue::starves() const noexcept {
    if (gathering_) return pending_ == 0 && failed_ == 0 && !complete();
    if (left() == 0 || chunk_at(position_)) return false;
    return pending_ == 0 || !is_one_piece();  // which comes in order, wherever the reader is
}

void ChunkQueue::forget(const std::shared_ptr<Chunk>& chunk, bool spare) {
    outstanding_ -= std::exchange(chunk->counted, 0);
    if (chunk->state == Chunk::State::failed) --failed_;
    if (std::exchange(chunk->held, false))
        --pending_;
    else if (chunk->running()) {
        --pending_;
        chunk->spared = spare && chunk->memory.owner() && !destination_.is_users() &&
                        chunk->range.size() - chunk->filled.load() <= first_step_bytes;
        chunk->given_up = true;
        given_up_.push_back(chunk);
        return;
    }
    chunk->memory = View();  // who still reads from it holds a view of its own
}

void ChunkQueue::release(Chunk& chunk) {
    outstanding_ -= chunk.counted;
    delivered_ += std::exchange(chunk.counted, 0);
}

void ChunkQueue::restart(std::uint64_t position, bool spare) {
    check_.restart(position);
    for (const auto& chunk : chunks_) forget(chunk, spare);
    chunks_.clear();
    next_begin_ = position;
    // Nobody else can own the user's memory: it is written to only once.
    if (destination_.is_users())
        closed_ = true;
    else
        destination_ = destination_.afresh();
}

std::ostream& ChunkQueue::print(std::ostream& out) const {
    out << "bytes [" << begin() << ", ";
    if (end() != UINT64_MAX) out << end();
    out << ") at " << position_ << ", next " << next_begin_ << ":";
    for (const auto& chunk : chunks_) {
        static constexpr const char* names[] = {"running", "ready", "failed"};
        out << " " << chunk->range.begin << "+" << chunk->filled.load() << "/"
            << chunk->range.size() << " " << names[static_cast<int>(chunk->state)];
    }
    if (step_bytes_ != unbounded) out << " by steps";
    if (gathering_) out << " gathering";
    if (closed_) out << " closed";
    return out;
}

}  // namespace s3pipes
