// The network's end of a ChunkQueue.
#include <algorithm>
#include <utility>

#include "core/engine/read/chunk_queue.hpp"

namespace s3pipes {

std::optional<ByteRange> ChunkQueue::FillEnd::next(std::uint64_t largest,
                                                   std::uint64_t guess) const {
    const auto& [wanted_until, from] = std::pair(queue_.wanted_until_, queue_.next_begin_);
    const std::uint64_t end = queue_.end();
    const auto& chunks = queue_.chunks_;
    if (queue_.closed_ || from >= end || (!queue_.meta_ && !chunks.empty())) return std::nullopt;
    if (!chunks.empty() && chunks.back()->state == Chunk::State::failed) return std::nullopt;
    const std::uint64_t waited_for = wanted_until > from ? wanted_until - from : 0;
    std::uint64_t length = std::min(std::max(queue_.step_bytes_, waited_for), largest);
    if (!queue_.meta_ && waited_for == 0) length = std::min(length, guess);
    return ByteRange{from, from + std::min(length, end - from)};
}

bool ChunkQueue::FillEnd::reads_ahead() const noexcept {
    return queue_.step_bytes_ == unbounded || queue_.next_begin_ < queue_.wanted_until_;
}

std::shared_ptr<Chunk> ChunkQueue::FillEnd::start(ByteRange range, Charge charge,
                                                  std::uint64_t counted) {
    auto chunk = std::make_shared<Chunk>(range);
    chunk->counted = counted;
    chunk->charge = std::move(charge);
    queue_.chunks_.push_back(chunk);
    queue_.next_begin_ = range.end;
    queue_.outstanding_ += chunk->counted;
    ++queue_.pending_;
    ++queue_.running_;
    return chunk;
}

bool ChunkQueue::FillEnd::learn(const ObjectMeta& meta) {
    if (!queue_.meta_) {
        queue_.meta_ = meta;
        const std::uint64_t wished = queue_.wish_.range.end;
        if (wished != UINT64_MAX && wished > meta.size)
            throw Error(ErrorKind::range_not_satisfiable, "the range ends beyond the object's " +
                                                              std::to_string(meta.size) + " bytes");
        return true;
    }
    ObjectMeta& known = *queue_.meta_;
    if (known.size != meta.size)
        throw Error(ErrorKind::object_changed, "the object has " + std::to_string(meta.size) +
                                                   " bytes now, it had " +
                                                   std::to_string(known.size));
    if (!known.etag.empty() && !meta.etag.empty() && known.etag != meta.etag)
        throw Error(ErrorKind::object_changed,
                    "the object's ETag is " + meta.etag + " now, it was " + known.etag);
    if (known.etag.empty()) known.etag = meta.etag;
    if (known.last_modified == 0) known.last_modified = meta.last_modified;
    return false;
}

bool ChunkQueue::FillEnd::correct(const ObjectMeta& meta) {
    const std::uint64_t wished = queue_.wish_.range.end;
    if (!queue_.meta_ || queue_.wish_.known || queue_.closed_ || queue_.destination_.is_users())
        return false;
    if (queue_.position_ > meta.size || (wished != unbounded && wished > meta.size)) return false;
    // What has been read of the same version is right, whatever its size is.
    const bool same = !meta.etag.empty() && queue_.meta_->etag == meta.etag;
    const bool untouched = !queue_.handed_out_ && queue_.position_ == queue_.begin();
    if (!untouched && (!same || queue_.is_one_piece())) return false;
    queue_.restart(queue_.position_);
    queue_.check_.forget();
    queue_.meta_ = meta;
    ++queue_.edition_;
    return true;
}

void ChunkQueue::FillEnd::place(Chunk& chunk, Arena& arena) {
    const std::uint64_t end = std::max(queue_.end(), chunk.range.begin);
    const ByteRange real{chunk.range.begin, std::min(chunk.range.end, end)};
    check_fits();
    queue_.outstanding_ += real.size() - chunk.counted;  // may be less: modulo 2^64 all is well
    chunk.counted = real.size();
    chunk.range = real;
    queue_.next_begin_ = std::min(queue_.next_begin_, end);
    Charge charge = std::move(chunk.charge);
    if (queue_.is_one_piece()) {
        queue_.destination_.make(arena, queue_.size());
        chunk.memory = queue_.destination_.place(real.begin - queue_.begin(), real.size());
    } else if (!real.empty()) {
        chunk.memory = View(arena.take(std::move(charge), real.size()), 0, real.size());
    }
}

void ChunkQueue::FillEnd::finish(Chunk& chunk, std::unique_ptr<const Failure> failure) {
    --queue_.running_;
    chunk.charge.give_back();
    if (chunk.given_up) {
        chunk.memory = View();  // who still reads from it holds a view of its own
        return;
    }
    if (failure) return make_failed(chunk, std::move(failure));
    const bool single = queue_.is_single(chunk);
    if (queue_.check_.sums() && !single && !chunk.verified) queue_.check_.came(chunk.range.size());
    chunk.held = queue_.check_.holds() && !single && chunk.range.end >= queue_.end();
    if (!chunk.held) make_ready(chunk);
}

void ChunkQueue::FillEnd::make_ready(Chunk& chunk) {
    --queue_.pending_;
    chunk.state = Chunk::State::ready;
    // In the user's memory already: nothing is left to consume. But for a whole object that nobody
    // has taken yet: only the window bounds how many of those lie about.
    const bool outside = !chunk.memory.owner() || !chunk.memory.owner()->in_budget();
    if (outside && !queue_.is_single(chunk)) queue_.release(chunk);
}

void ChunkQueue::FillEnd::make_failed(Chunk& chunk, std::unique_ptr<const Failure> failure) {
    --queue_.pending_;
    chunk.state = Chunk::State::failed;
    chunk.failure = std::move(failure);
    ++queue_.failed_;
}

bool ChunkQueue::FillEnd::wants_checksum() const noexcept {
    if (!queue_.check_.may_ask() || !queue_.meta_ || queue_.meta_->etag.empty() ||
        queue_.end() < queue_.meta_->size)
        return false;
    const auto& chunks = queue_.chunks_;
    if (chunks.empty() || queue_.is_single(*chunks.front())) return false;
    return queue_.step_bytes_ == unbounded || queue_.next_begin_ >= queue_.end();
}

std::shared_ptr<Chunk> ChunkQueue::FillEnd::held() const noexcept {
    if (queue_.chunks_.empty() || !queue_.chunks_.back()->held) return nullptr;
    return queue_.chunks_.back();
}

ChunkQueue::FillEnd::Judgement ChunkQueue::FillEnd::judge() const {
    const ObjectCheck& check = queue_.check_;
    if (!held()) return {};
    if (!check.holds() || queue_.failed_ != 0) return {Verdict::unprovable, {}};
    if (!check.told() || queue_.pending_ != 1) return {};
    const auto sum = check.total(queue_.chunks_);
    if (!sum || sum->bytes() != queue_.meta_->size) return {Verdict::unprovable, {}};
    auto found = check.found(*sum);
    if (!found) return {Verdict::unprovable, {}};
    if (*found == check.said()->value) return {Verdict::agrees, {}};
    return {Verdict::differs, std::move(*found)};
}

void ChunkQueue::FillEnd::accept() {
    const auto chunk = held();
    chunk->held = false;
    make_ready(*chunk);
}

void ChunkQueue::FillEnd::refuse(std::unique_ptr<const Failure> failure) {
    const auto chunk = held();
    chunk->held = false;
    chunk->sealed = true;  // not even those of its bytes that nobody has read yet
    queue_.check_.end();
    make_failed(*chunk, std::move(failure));
}

bool ChunkQueue::FillEnd::fetch_again() {
    if (queue_.handed_out_ || queue_.again_ || queue_.position_ != queue_.begin()) return false;
    queue_.again_ = true;
    queue_.check_.restart(queue_.begin());
    for (const auto& chunk : queue_.chunks_) queue_.forget(chunk);
    queue_.chunks_.clear();
    queue_.next_begin_ = queue_.begin();
    // The user's is written to again: no request does so any more.
    if (!queue_.destination_.is_users()) queue_.destination_ = queue_.destination_.afresh();
    ++queue_.edition_;
    return true;
}

void ChunkQueue::FillEnd::fail(ByteRange range, std::unique_ptr<const Failure> failure) {
    auto chunk = std::make_shared<Chunk>(range);
    chunk->counted = 0;
    chunk->state = Chunk::State::failed;
    chunk->failure = std::move(failure);
    queue_.chunks_.push_back(std::move(chunk));
    ++queue_.failed_;
}

bool ChunkQueue::FillEnd::holds_memory() const noexcept {
    if (queue_.closed_ || queue_.gathering_) return false;
    return std::any_of(queue_.chunks_.begin(), queue_.chunks_.end(),
                       [](const auto& chunk) { return chunk->budget_bytes() != 0; });
}

void ChunkQueue::FillEnd::give_up_last() {
    const std::shared_ptr<Chunk> last = queue_.chunks_.back();
    queue_.chunks_.pop_back();
    queue_.forget(last);
    queue_.next_begin_ = last->range.begin;
    if (queue_.chunks_.empty()) queue_.next_begin_ = std::max(last->range.begin, queue_.position_);
}

std::vector<std::shared_ptr<Chunk>> ChunkQueue::FillEnd::take_given_up() noexcept {
    return std::exchange(queue_.given_up_, {});
}

void ChunkQueue::FillEnd::check_fits() const {
    if (queue_.meta_) queue_.destination_.check_fits(queue_.size());
}

}  // namespace s3pipes
