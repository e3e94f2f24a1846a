// The reader's end of a ChunkQueue.
#include <algorithm>

#include "core/engine/read/chunk_queue.hpp"

namespace s3pipes {
namespace {

constexpr std::uint64_t step_growth = 4;
// Who has read on through a step of this size goes on reading.
constexpr std::uint64_t last_step_bytes = 2 << 20;

}  // namespace

void ChunkQueue::ReadEnd::seek(std::uint64_t position) {
    const std::uint64_t target = std::max(position, queue_.begin());
    queue_.wanted_until_ = 0;
    if (target != queue_.position_) queue_.run_begin_ = target;
    if (target > queue_.position_) queue_.check_.end();  // not all of it is read
    queue_.position_ = target;
    // Where the size is unknown the request under way will tell it.
    if (queue_.meta_ && queue_.left() != 0 && queue_.next_begin_ != queue_.position_) require();
}

void ChunkQueue::ReadEnd::require() {
    if (queue_.closed_ || queue_.chunk_at(queue_.position_)) return;
    consume(0);
    if (queue_.next_begin_ == queue_.position_) return;
    // One piece is fetched in order, from wherever that began.
    const auto& chunks = queue_.chunks_;
    if (queue_.is_one_piece() && !chunks.empty() && chunks.front()->range.begin <= queue_.position_)
        return;
    queue_.restart(queue_.position_, true);
    queue_.step_bytes_ = first_step_bytes;
}

void ChunkQueue::ReadEnd::want(std::uint64_t bytes) noexcept {
    const std::uint64_t until = queue_.position_ + std::min(bytes, UINT64_MAX - queue_.position_);
    if (until == queue_.wanted_until_) return;  // the same read goes on
    queue_.wanted_until_ = until;
    if (queue_.position_ > queue_.run_begin_ && until > queue_.next_begin_) widen();
}

// A read goes on where another ended, and beyond what was asked for. One read alone says nothing of
// the next, however long it is: a column of a Parquet file.
void ChunkQueue::ReadEnd::widen() noexcept {
    if (queue_.step_bytes_ == unbounded) return;
    if (queue_.step_bytes_ >= last_step_bytes) return read_on();
    queue_.step_bytes_ =
        std::max(queue_.step_bytes_ * step_growth, queue_.position_ - queue_.run_begin_);
}

void ChunkQueue::ReadEnd::read_on() noexcept {
    queue_.step_bytes_ = unbounded;
}

void ChunkQueue::ReadEnd::want_all() noexcept {
    queue_.gathering_ = true;
    read_on();
}

void ChunkQueue::ReadEnd::consume(std::uint64_t bytes) {
    queue_.position_ += bytes;
    queue_.handed_out_ |= bytes != 0;
    auto& chunks = queue_.chunks_;
    while (!chunks.empty() && !queue_.is_one_piece() &&
           queue_.position_ >= chunks.front()->range.end) {
        const std::shared_ptr<Chunk> chunk = chunks.front();
        if (queue_.is_single(*chunk)) {  // kept: small objects are read back and forth
            if (chunk->state == Chunk::State::ready) claim();
            return;
        }
        queue_.check_.passed(*chunk);
        queue_.release(*chunk);
        queue_.forget(chunk, true);  // passed over by a seek, if it still runs
        chunks.pop_front();
    }
    // Given up while it was being read.
    if (bytes != 0 && chunks.empty() && queue_.next_begin_ < queue_.position_)
        queue_.next_begin_ = std::min(queue_.position_, queue_.end());
}

void ChunkQueue::ReadEnd::claim() {
    if (queue_.chunks_.empty()) return;
    queue_.handed_out_ = true;
    Chunk& chunk = *queue_.chunks_.front();
    if (chunk.memory.owner()) chunk.memory.owner()->leave_budget();
    queue_.release(chunk);
}

void ChunkQueue::ReadEnd::gather(Arena& arena) {
    const auto& chunks = queue_.chunks_;
    const std::uint64_t first = chunks.empty() ? queue_.next_begin_ : chunks.front()->range.begin;
    if (first != queue_.begin()) queue_.restart(queue_.begin());  // read in part already
    Destination piece = queue_.is_one_piece() ? queue_.destination_ : Destination::one_piece();
    piece.make(arena, queue_.size());
    queue_.destination_ = std::move(piece);
    want_all();
}

View ChunkQueue::ReadEnd::place_of(const Chunk& chunk) const {
    return queue_.destination_.place(chunk.range.begin - queue_.begin(), chunk.range.size());
}

void ChunkQueue::ReadEnd::gathered(Chunk& chunk) {
    chunk.memory = place_of(chunk);
    queue_.release(chunk);
}

View ChunkQueue::ReadEnd::all() const {
    if (queue_.size() == 0) return {};
    return queue_.destination_.place(0, queue_.size());
}

void ChunkQueue::ReadEnd::abandon() {
    queue_.gathering_ = false;
    queue_.wanted_until_ = 0;
    queue_.restart(queue_.position_);
    if (!queue_.wished_one_piece_) queue_.destination_ = Destination::chunks();
    queue_.step_bytes_ = first_step_bytes;
    queue_.run_begin_ = queue_.position_;
}

void ChunkQueue::ReadEnd::close() {
    queue_.check_.end();
    queue_.restart(queue_.position_);
    queue_.closed_ = true;
}

}  // namespace s3pipes
