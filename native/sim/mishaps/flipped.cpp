#include "sim/mishaps/flipped.hpp"

#include <algorithm>

namespace s3pipes::sim {

FlippedContent::FlippedContent(std::shared_ptr<const Content> right, Bits flipped)
    : right_(std::move(right)), flipped_(std::move(flipped)) {
    std::sort(flipped_.begin(), flipped_.end());
}

FlippedContent::Bits::const_iterator FlippedContent::at_or_after(
    std::uint64_t offset) const noexcept {
    return std::lower_bound(flipped_.begin(), flipped_.end(), std::pair(offset, std::byte{0}));
}

// A byte that is wrong lies nowhere in memory.
std::span<const std::byte> FlippedContent::in_place(std::uint64_t offset) const noexcept {
    const auto bytes = right_->in_place(offset);
    const auto next = at_or_after(offset);
    if (next == flipped_.end() || next->first - offset >= bytes.size()) return bytes;
    return bytes.first(static_cast<std::size_t>(next->first - offset));
}

void FlippedContent::fill(std::uint64_t offset, std::span<std::byte> into) const noexcept {
    right_->fill(offset, into);
    for (auto at = at_or_after(offset); at != flipped_.end(); ++at) {
        if (at->first - offset >= into.size()) return;
        into[static_cast<std::size_t>(at->first - offset)] ^= at->second;
    }
}

}  // namespace s3pipes::sim
