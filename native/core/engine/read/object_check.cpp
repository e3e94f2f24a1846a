#include "core/engine/read/object_check.hpp"

#include <utility>

namespace s3pipes {
namespace {

// False where nothing is left that could be held against anything.
bool append(std::optional<ChunkSum>& sum, const ChunkSum& behind) {
    if (!sum) sum.emplace(ChecksumKinds::all_that_join());
    sum->append(behind);
    return sum->kinds() != ChecksumKinds();
}

}  // namespace

void ObjectCheck::tell(const std::optional<ObjectChecksum>& said) {
    if (state_ == State::off || state_ == State::told) return;
    if (!said || said->parts != 0 || !joins(said->kind)) return end();
    said_ = said;
    state_ = State::told;
}

void ObjectCheck::passed(const Chunk& chunk) {
    if (state_ == State::off) return;
    const std::uint64_t at = passed_ ? passed_->bytes() : 0;
    const bool next = chunk.state == Chunk::State::ready && chunk.sum && chunk.range.begin == at;
    if (!next || !append(passed_, *chunk.sum)) end();
}

void ObjectCheck::restart(std::uint64_t position) {
    passed_.reset();
    if (position != 0) end();
}

void ObjectCheck::forget() noexcept {
    if (state_ != State::off) state_ = State::open;
    said_.reset();
}

void ObjectCheck::end() noexcept {
    state_ = State::off;
    unproven_bytes_ += std::exchange(came_bytes_, 0);
}

std::optional<ChunkSum> ObjectCheck::total(const std::deque<std::shared_ptr<Chunk>>& chunks) const {
    std::optional<ChunkSum> sum;
    if (passed_) append(sum, *passed_);
    for (const auto& chunk : chunks)
        if (!chunk->sum || !append(sum, *chunk->sum)) return std::nullopt;
    return sum;
}

std::uint64_t ObjectCheck::settled() noexcept {
    state_ = State::off;
    return std::exchange(came_bytes_, 0);
}

std::uint64_t ObjectCheck::take_unproven() noexcept {
    return std::exchange(unproven_bytes_, 0);
}

}  // namespace s3pipes
