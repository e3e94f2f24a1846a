// What a store says that the bytes of an object add up to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace s3pipes {

enum class ChecksumKind : std::uint8_t {
    crc64nvme,
    crc32c,
    crc32,
    sha1,
    sha256
};  // cheapest first

const char* name_of(ChecksumKind kind) noexcept;  // S3's own: "CRC64NVME"
std::size_t size_of(ChecksumKind kind) noexcept;  // bytes of a value
// Those of pieces make that of the whole.
constexpr bool joins(ChecksumKind kind) noexcept {
    return kind <= ChecksumKind::crc32;
}
// By what stands behind "x-amz-checksum-" in the name of a field, in letters of either case.
std::optional<ChecksumKind> checksum_kind_of(std::string_view name) noexcept;

struct ObjectChecksum {
    ChecksumKind kind = ChecksumKind::crc64nvme;
    std::string value;        // bare bytes
    std::uint32_t parts = 0;  // not of the bytes, but of so many parts' checksums; 0: of the bytes

    bool operator==(const ObjectChecksum&) const = default;
};

// Base64, behind it "-N" where it is of N parts. nullopt where it makes no sense: then it says
// nothing of the bytes.
std::optional<ObjectChecksum> parse_checksum(ChecksumKind kind, std::string_view text);

}  // namespace s3pipes
