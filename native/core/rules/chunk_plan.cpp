#include "core/rules/chunk_plan.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/words/error.hpp"

namespace s3pipes {

ChunkPlan::ChunkPlan(ByteRange whole, std::uint64_t chunk_bytes)
    : whole_(whole), chunk_bytes_(chunk_bytes) {
    if (chunk_bytes == 0) throw Error(ErrorKind::config, "chunk_bytes must be positive");
    if (whole.end < whole.begin) throw Error(ErrorKind::config, "a range ends before it begins");
}

std::size_t ChunkPlan::count() const noexcept {
    return whole_.empty() ? 0 : static_cast<std::size_t>((whole_.size() - 1) / chunk_bytes_ + 1);
}

ByteRange ChunkPlan::chunk(std::size_t i) const {
    if (i >= count()) throw std::out_of_range("ChunkPlan::chunk");
    const std::uint64_t begin = whole_.begin + i * chunk_bytes_;
    return {begin, begin + std::min(chunk_bytes_, whole_.end - begin)};
}

std::size_t ChunkPlan::index_of(std::uint64_t position) const {
    if (position < whole_.begin || position >= whole_.end)
        throw std::out_of_range("ChunkPlan::index_of");
    return static_cast<std::size_t>((position - whole_.begin) / chunk_bytes_);
}

}  // namespace s3pipes
