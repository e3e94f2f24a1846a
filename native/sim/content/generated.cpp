#include "sim/content/generated.hpp"

#include <algorithm>
#include <cstring>

namespace s3pipes::sim {

std::span<const std::byte> Generated::in_place(std::uint64_t offset) const noexcept {
    if (offset >= size_bytes_) return {};
    const std::uint64_t block = offset / Pool::block_bytes;
    const std::size_t within = offset % Pool::block_bytes;
    const std::size_t place = mixed(identity_ + block * golden) % Pool::places;
    const std::size_t size =
        std::min<std::uint64_t>(Pool::block_bytes - within, size_bytes_ - offset);
    return pool_.bytes().subspan(place * Pool::step_bytes + within, size);
}

void Generated::fill(std::uint64_t offset, std::span<std::byte> into) const noexcept {
    while (!into.empty()) {
        const auto piece = in_place(offset);
        const std::size_t size = std::min(piece.size(), into.size());
        std::memcpy(into.data(), piece.data(), size);
        into = into.subspan(size);
        offset += size;
    }
}

}  // namespace s3pipes::sim
