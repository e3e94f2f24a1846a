// How large a request should be.
#pragma once

#include <cstdint>

namespace s3pipes {

// What it depends on.
struct ChunkNeeds {
    double first_byte_s = 0;      // of an undisturbed request; 0: nothing is known
    double seconds_per_byte = 0;  // of one connection
    double bytes_per_s = 0;       // what was reached lately, all together
    std::uint64_t window_bytes = 0;
    int requests = 1;  // on their way at once at most
};

constexpr std::uint64_t smallest_chunk_bytes = 1 << 20;
constexpr std::uint64_t first_chunk_bytes = 1 << 20;  // while nothing is known
constexpr std::uint64_t largest_chunk_bytes = 8 << 20;

// A window of W bytes in requests of S carries at most W / (first byte + S / connection's rate):
// the smaller, the more, until there are as many requests as may be. But each has its price, at the
// store and in the processor: so the largest that could carry well more than what was reached, in
// half of the window: the other half is for what is here and waits for something nearer that is
// late. Where none could, the smallest, unless larger ones bring more.
std::uint64_t chunk_bytes_for(const ChunkNeeds& needs) noexcept;

// The bytes per second that requests of such a size could bring, were nothing else in the way.
double carried_by(std::uint64_t chunk_bytes, const ChunkNeeds& needs) noexcept;

}  // namespace s3pipes
