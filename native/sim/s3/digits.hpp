// A whole number written in decimal digits and nothing else.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace s3pipes::sim {

// nullopt where it is no such number; one past 2^64 is the largest that can be held.
inline std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
    if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (stop != end) return std::nullopt;
    if (error == std::errc::result_out_of_range) return std::numeric_limits<std::uint64_t>::max();
    return value;
}

}  // namespace s3pipes::sim
