#include "sim/s3/contents.hpp"

#include <algorithm>
#include <cstring>

namespace s3pipes::sim {

std::span<const std::byte> KeptContent::in_place(std::uint64_t offset) const noexcept {
    if (offset >= bytes_.size()) return {};
    return std::as_bytes(std::span(bytes_)).subspan(static_cast<std::size_t>(offset));
}

void KeptContent::fill(std::uint64_t offset, std::span<std::byte> into) const noexcept {
    if (!into.empty()) std::memcpy(into.data(), bytes_.data() + offset, into.size());
}

std::span<const std::byte> SliceContent::in_place(std::uint64_t offset) const noexcept {
    if (offset >= size()) return {};
    const auto bytes = whole_->in_place(begin_ + offset);
    return bytes.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), size() - offset)));
}

void SliceContent::fill(std::uint64_t offset, std::span<std::byte> into) const noexcept {
    whole_->fill(begin_ + offset, into);
}

JoinedContent::JoinedContent(std::vector<std::shared_ptr<const Content>> parts)
    : parts_(std::move(parts)) {
    std::erase_if(parts_, [](const auto& part) { return part->size() == 0; });
    std::uint64_t end = 0;
    for (const auto& part : parts_) ends_.push_back(end += part->size());
}

std::size_t JoinedContent::part_at(std::uint64_t offset) const noexcept {
    return static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), offset) -
                                    ends_.begin());
}

std::span<const std::byte> JoinedContent::in_place(std::uint64_t offset) const noexcept {
    if (offset >= size()) return {};
    const auto part = part_at(offset);
    return parts_[part]->in_place(offset - begin_of(part));
}

void JoinedContent::fill(std::uint64_t offset, std::span<std::byte> into) const noexcept {
    for (auto part = part_at(offset); !into.empty(); ++part) {
        const auto size =
            static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), ends_[part] - offset));
        parts_[part]->fill(offset - begin_of(part), into.first(size));
        into = into.subspan(size);
        offset += size;
    }
}

}  // namespace s3pipes::sim
