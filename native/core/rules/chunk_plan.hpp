// How an object, or a range of one, is cut into chunks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/words/object.hpp"

namespace s3pipes {

// Chunks of chunk_bytes from the start of `whole`; the last may be shorter.
class ChunkPlan {
  public:
    // Throws Error{config} where chunk_bytes is 0 or the range ends before it begins.
    ChunkPlan(ByteRange whole, std::uint64_t chunk_bytes);

    const ByteRange& whole() const noexcept { return whole_; }
    std::uint64_t chunk_bytes() const noexcept { return chunk_bytes_; }

    std::size_t count() const noexcept;                  // 0 for an empty range
    ByteRange chunk(std::size_t i) const;                // i < count(), else std::out_of_range
    std::size_t index_of(std::uint64_t position) const;  // position inside whole(), else the same

  private:
    ByteRange whole_;
    std::uint64_t chunk_bytes_;
};

}  // namespace s3pipes
