// A checksum under way that can still be told apart by the parts in which an object was put.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/s3/chunk_sum.hpp"

namespace s3pipes {

// Of a range of an object. Where it is cut, a piece of it ends at every multiple of grain_bytes of
// the object: uploaders make parts of whole MiB, and how large they are is known later than the
// first bytes are there.
class RangeSum {
  public:
    static constexpr std::uint64_t grain_bytes = 1 << 20;

    RangeSum(ChecksumKinds kinds, std::uint64_t begin, bool cut);

    ChecksumKinds kinds() const noexcept { return kinds_; }
    std::uint64_t bytes() const noexcept { return end_ - begin_; }  // added so far

    void add(std::string_view bytes);
    // Of the range right behind this one; as by ChunkSum::append. What is `said` of the object, if
    // anything, tells which cuts are still of use.
    void append(const RangeSum& behind, const ObjectChecksum* said);

    // Of all bytes.
    std::string value(ChecksumKind kind) const;
    // Of the values of all parts: what an object's composite checksum is. nullopt where a part ends
    // within a piece.
    std::optional<std::string> composite(ChecksumKind kind, std::uint64_t part_bytes) const;

  private:
    ChecksumKinds kinds_;
    std::uint64_t begin_;
    std::uint64_t end_;
    bool cut_;
    std::vector<ChunkSum> pieces_;  // without a gap; never none
};

}  // namespace s3pipes
