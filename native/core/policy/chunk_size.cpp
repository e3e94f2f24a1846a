#include "core/policy/chunk_size.hpp"

#include <algorithm>

namespace s3pipes {
namespace {

constexpr double headroom = 2.25;
// By so much the smallest must carry more than the one before, or it does not pay.
constexpr double worthwhile = 1.05;

}  // namespace

double carried_by(std::uint64_t chunk_bytes, const ChunkNeeds& needs) noexcept {
    const double size = static_cast<double>(chunk_bytes);
    const double service_s = needs.first_byte_s + size * needs.seconds_per_byte;
    const double at_once = std::min(static_cast<double>(needs.window_bytes) / size,
                                    static_cast<double>(needs.requests));
    return at_once * size / service_s;
}

std::uint64_t chunk_bytes_for(const ChunkNeeds& needs) noexcept {
    if (needs.first_byte_s <= 0 || needs.seconds_per_byte <= 0) return first_chunk_bytes;
    ChunkNeeds with_room = needs;
    with_room.window_bytes /= 2;
    for (std::uint64_t size = largest_chunk_bytes; size > smallest_chunk_bytes; size /= 2)
        if (carried_by(size, with_room) >= headroom * needs.bytes_per_s) return size;
    constexpr std::uint64_t next = 2 * smallest_chunk_bytes;
    const double smallest = carried_by(smallest_chunk_bytes, needs);
    const bool enough =
        smallest >= needs.bytes_per_s || smallest >= worthwhile * carried_by(next, needs);
    return enough ? smallest_chunk_bytes : next;
}

}  // namespace s3pipes
