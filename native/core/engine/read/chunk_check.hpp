// Whether the bytes of a chunk are what the store says of them, as they come.
#pragma once

#include <optional>
#include <string>

#include "core/engine/read/download.hpp"
#include "core/s3/range_sum.hpp"

namespace s3pipes {

// Of whoever carries the chunk out, and on that loop. Lives through all attempts, as the bytes do.
class ChunkCheck {
  public:
    ChunkCheck(const Download& download, Chunk& chunk) noexcept
        : download_(download), chunk_(chunk) {}

    // Of all bytes of the chunk; `whole`: which are all of the object.
    void tell(const ObjectChecksum& said, bool whole);
    bool told() const noexcept { return said_.has_value(); }
    bool ended() const noexcept { return ended_; }
    // Sums what is in place and was not summed yet.
    void follow();
    // The chunk is complete. Throws Error where it is not what was told, and then it is empty
    // again.
    void end();

  private:
    void sum_by(ChecksumKinds kinds);

    const Download& download_;
    Chunk& chunk_;
    std::optional<ObjectChecksum> said_;
    bool whole_ = false;
    bool ended_ = false;
    bool disbelieved_ = false;
    std::optional<RangeSum> sum_;
    std::string found_;  // the last time it was not what was told
};

// What is wrong with bytes that add up to `found`.
Error mismatch(const ObjectChecksum& said, const std::string& found);

}  // namespace s3pipes
