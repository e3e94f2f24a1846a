// Many small ranges of one object as few requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/words/object.hpp"

namespace s3pipes {

struct MergedRange {
    ByteRange range;
    std::vector<std::size_t> members;  // indices of the inputs that lie wholly inside `range`
};

// Takes ranges in any order, overlapping or not. Neighbours with at most max_gap bytes between them
// share a request of at most max_bytes; an input that is larger by itself gets its own. Each input
// is a member of exactly one result, but for empty ones, which need no request. Sorted by begin.
std::vector<MergedRange> merge_ranges(std::span<const ByteRange> ranges, std::uint64_t max_gap,
                                      std::uint64_t max_bytes);

}  // namespace s3pipes
