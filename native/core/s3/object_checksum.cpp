#include "core/s3/object_checksum.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/s3/base64.hpp"

namespace s3pipes {
namespace {

struct Words {
    const char* name;
    std::string_view field;
    std::size_t size;
};

constexpr Words words[] = {
    {"CRC64NVME", "crc64nvme", 8}, {"CRC32C", "crc32c", 4},  {"CRC32", "crc32", 4},
    {"SHA1", "sha1", 20},          {"SHA256", "sha256", 32},
};

constexpr std::uint32_t most_parts = 10'000;

const Words& of(ChecksumKind kind) noexcept {
    return words[static_cast<std::size_t>(kind)];
}

constexpr char lowered(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

const char* name_of(ChecksumKind kind) noexcept {
    return of(kind).name;
}
std::size_t size_of(ChecksumKind kind) noexcept {
    return of(kind).size;
}

std::optional<ChecksumKind> checksum_kind_of(std::string_view name) noexcept {
    for (std::size_t i = 0; i < std::size(words); ++i)
        if (std::equal(name.begin(), name.end(), words[i].field.begin(), words[i].field.end(),
                       [](char a, char b) { return lowered(a) == b; }))
            return static_cast<ChecksumKind>(i);
    return std::nullopt;
}

bool put_in_parts(std::string_view etag) noexcept {
    return etag.find('-') != etag.npos;
}

std::optional<ObjectChecksum> parse_checksum(ChecksumKind kind, std::string_view text) {
    ObjectChecksum found;
    found.kind = kind;
    if (const auto dash = text.find('-'); dash != text.npos) {
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data() + dash + 1, end, found.parts);
        if (error != std::errc{} || stop != end || found.parts == 0 || found.parts > most_parts)
            return std::nullopt;
        text = text.substr(0, dash);
    }
    auto value = decode_base64(text);
    if (!value || value->size() != of(kind).size) return std::nullopt;
    found.value = std::move(*value);
    return found;
}

}  // namespace s3pipes
