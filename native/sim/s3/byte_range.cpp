#include "sim/s3/byte_range.hpp"

#include <algorithm>

#include "sim/s3/digits.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/letters.hpp"

namespace s3pipes::sim {

std::optional<ByteRange> parse_range(std::string_view header, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    if (!same_letters(header.substr(0, unit.size()), unit)) return std::nullopt;
    const auto range = trimmed(header.substr(unit.size()));
    const auto dash = range.find('-');
    if (dash == range.npos) return std::nullopt;
    const auto left = range.substr(0, dash), right = range.substr(dash + 1);
    const auto first = parse_number(left), last = parse_number(right);
    if ((!first && !left.empty()) || (!last && !right.empty()) || (!first && !last) ||
        (first && last && *last < *first))
        return std::nullopt;

    const auto begin = first ? *first : size - std::min(*last, size);
    if (begin >= size)
        throw Fault(code::invalid_range)
            .with("RangeRequested", header)
            .with("ActualObjectSize", std::to_string(size))
            .header("Content-Range", "bytes */" + std::to_string(size));
    return ByteRange{begin, first && last ? std::min(*last, size - 1) + 1 : size};
}

}  // namespace s3pipes::sim
