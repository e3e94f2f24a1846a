#include "core/policy/range_merge.hpp"

#include <algorithm>
#include <tuple>

namespace s3pipes {

std::vector<MergedRange> merge_ranges(std::span<const ByteRange> ranges, std::uint64_t max_gap,
                                      std::uint64_t max_bytes) {
    std::vector<std::size_t> order;
    order.reserve(ranges.size());
    for (std::size_t i = 0; i < ranges.size(); ++i)
        if (!ranges[i].empty()) order.push_back(i);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        // The longest first among those that begin together, so that the others lie inside it.
        return std::tuple(ranges[a].begin, ranges[b].end, a) <
               std::tuple(ranges[b].begin, ranges[a].end, b);
    });

    std::vector<MergedRange> merged;
    for (const std::size_t i : order) {
        const ByteRange next = ranges[i];
        if (!merged.empty()) {
            ByteRange& last = merged.back().range;
            const bool inside = next.end <= last.end;
            const bool near = next.begin <= last.end || next.begin - last.end <= max_gap;
            if (inside || (near && next.end - last.begin <= max_bytes)) {
                last.end = std::max(last.end, next.end);
                merged.back().members.push_back(i);
                continue;
            }
        }
        merged.push_back({next, {i}});
    }
    return merged;
}

}  // namespace s3pipes
