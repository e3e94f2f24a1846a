// What every file of a cache begins with.
#pragma once

#include <array>
#include <cstdint>
#include <random>

namespace s3pipes::cache {

// A format that is read and written; files of another one are left alone.
constexpr std::uint32_t format = 1;

struct Stamp {
    std::array<char, 12> magic{};
    std::uint32_t format = 0;
    std::uint64_t cache = 0;  // which one: a file that came from elsewhere is not its own

    bool operator==(const Stamp&) const noexcept = default;

    static constexpr Stamp of(std::uint64_t cache) noexcept {
        return {
            {'s', '3', 'p', 'i', 'p', 'e', 's', ' ', 'c', 'c', 'h', '\n'}, cache::format, cache};
    }
};

// A number that nobody can guess.
inline std::uint64_t drawn() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

}  // namespace s3pipes::cache
