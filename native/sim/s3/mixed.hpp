// Numbers that look like chance and are none.
#pragma once

#include <cstdint>
#include <string>

namespace s3pipes::sim {

// Each bit of the outcome depends on all bits of `x` (the finalizer of SplitMix64).
constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

// An ETag that is no MD5, quotes included.
inline std::string etag_of(std::uint64_t high, std::uint64_t low) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out(34, '"');
    for (unsigned i = 0; i < 16; ++i) {
        out[16 - i] = digits[(high >> (4 * i)) & 15];
        out[32 - i] = digits[(low >> (4 * i)) & 15];
    }
    return out;
}

}  // namespace s3pipes::sim
