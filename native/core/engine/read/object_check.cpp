#include "core/engine/read/object_check.hpp"

#include <utility>

namespace s3pipes {
namespace {

// False where nothing is left that could be held against anything.
bool append(std::optional<RangeSum>& sum, const RangeSum& behind,
            const std::optional<ObjectChecksum>& said) {
    if (!sum) sum.emplace(ChecksumKinds::all_that_join(), 0, true);
    sum->append(behind, said ? &*said : nullptr);
    return sum->kinds() != ChecksumKinds();
}

}  // namespace

void ObjectCheck::tell(const std::optional<ObjectChecksum>& said) {
    if (state_ == State::off || state_ == State::told) return;
    const bool of_bytes = said && (said->parts == 0 || said->part_bytes != 0);
    if (!of_bytes || !joins(said->kind)) return end();
    said_ = said;
    state_ = State::told;
}

void ObjectCheck::passed(const Chunk& chunk) {
    if (state_ == State::off) return;
    const std::uint64_t at = passed_ ? passed_->bytes() : 0;
    const bool next = chunk.state == Chunk::State::ready && chunk.sum && chunk.range.begin == at;
    if (!next || !append(passed_, *chunk.sum, said_)) end();
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
    passed_.reset();
    unproven_bytes_ += std::exchange(came_bytes_, 0);
}

std::optional<RangeSum> ObjectCheck::total(const std::deque<std::shared_ptr<Chunk>>& chunks) const {
    std::optional<RangeSum> sum;
    if (passed_) append(sum, *passed_, said_);
    for (const auto& chunk : chunks)
        if (!chunk->sum || !append(sum, *chunk->sum, said_)) return std::nullopt;
    return sum;
}

std::optional<std::string> ObjectCheck::found(const RangeSum& total) const {
    if (!said_ || !total.kinds().has(said_->kind)) return std::nullopt;
    if (said_->parts == 0) return total.value(said_->kind);
    return total.composite(said_->kind, said_->part_bytes);
}

std::uint64_t ObjectCheck::settled() noexcept {
    state_ = State::off;
    return std::exchange(came_bytes_, 0);
}

std::uint64_t ObjectCheck::take_unproven() noexcept {
    return std::exchange(unproven_bytes_, 0);
}

}  // namespace s3pipes
