// The checksums that S3 knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace s3pipes::sim {

enum class Algorithm : std::uint8_t { crc32, crc32c, crc64nvme, sha1, sha256 };

// A composite is the checksum of the parts' checksums, a full one that of the object's bytes.
enum class Extent : std::uint8_t { full, composite };

struct Checksum {
    Algorithm algorithm = Algorithm::crc64nvme;
    Extent extent = Extent::full;
    std::string value;  // base64, with "-N" where composite; empty where there is none
};

inline constexpr Algorithm algorithms[] = {
    Algorithm::crc32, Algorithm::crc32c, Algorithm::crc64nvme, Algorithm::sha1, Algorithm::sha256};

std::string_view name_of(Algorithm algorithm) noexcept;     // "CRC32C"
std::string_view header_of(Algorithm algorithm) noexcept;   // "x-amz-checksum-crc32c"
std::string_view element_of(Algorithm algorithm) noexcept;  // "ChecksumCRC32C"
std::string_view name_of(Extent extent) noexcept;           // "FULL_OBJECT"
std::size_t size_of(Algorithm algorithm) noexcept;          // of the bare bytes

std::optional<Algorithm> algorithm_named(std::string_view name) noexcept;
constexpr bool is_crc(Algorithm algorithm) noexcept {
    return algorithm <= Algorithm::crc64nvme;
}

}  // namespace s3pipes::sim
