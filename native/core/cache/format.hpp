// What every file of a cache begins with.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <system_error>

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

// Of a file that is called so: `prefix` and a number as to_string() writes it; nullopt: it is not.
inline std::optional<std::uint64_t> number_behind(std::string_view prefix,
                                                  std::string_view name) noexcept {
    if (!name.starts_with(prefix)) return std::nullopt;
    name.remove_prefix(prefix.size());
    std::uint64_t number = 0;
    const char* const end = name.data() + name.size();
    const auto [stopped, failure] = std::from_chars(name.data(), end, number);
    const bool plain = name == "0" || !name.starts_with('0');
    return failure == std::errc() && stopped == end && plain ? std::optional(number) : std::nullopt;
}

// A number that nobody can guess.
inline std::uint64_t drawn() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

}  // namespace s3pipes::cache
