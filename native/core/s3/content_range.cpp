#include "core/s3/content_range.hpp"

#include <charconv>

namespace s3pipes {
namespace {

bool take_number(std::string_view& rest, std::uint64_t& value) {
    if (rest.empty() || rest[0] < '0' || rest[0] > '9') return false;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc{}) return false;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return true;
}

bool take(std::string_view& rest, std::string_view text) {
    if (!rest.starts_with(text)) return false;
    rest.remove_prefix(text.size());
    return true;
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view value) {
    ContentRange found;
    std::uint64_t last = 0;
    const bool unsatisfied = take(value, "bytes */");
    if (!unsatisfied) {
        if (!take(value, "bytes ") || !take_number(value, found.range.begin) || !take(value, "-") ||
            !take_number(value, last) || !take(value, "/"))
            return std::nullopt;
        if (last < found.range.begin || last >= largest_object_bytes) return std::nullopt;
        found.range.end = last + 1;
        if (take(value, "*")) return value.empty() ? std::optional(found) : std::nullopt;
    }
    std::uint64_t total = 0;
    if (!take_number(value, total) || !value.empty() || total > largest_object_bytes)
        return std::nullopt;
    if (!unsatisfied && total < found.range.end) return std::nullopt;
    found.total = total;
    return found;
}

}  // namespace s3pipes
