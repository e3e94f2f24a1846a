#include "sim/s3/checksum_kind.hpp"

#include "sim/s3/letters.hpp"

namespace s3pipes::sim {
namespace {

struct Words {
    std::string_view name, header, element;
    std::size_t size;
};

constexpr Words words[] = {
    {"CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4},
    {"CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4},
    {"CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8},
    {"SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", 20},
    {"SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", 32},
};

const Words& of(Algorithm algorithm) noexcept {
    return words[static_cast<std::size_t>(algorithm)];
}

}  // namespace

std::string_view name_of(Algorithm algorithm) noexcept {
    return of(algorithm).name;
}
std::string_view header_of(Algorithm algorithm) noexcept {
    return of(algorithm).header;
}
std::string_view element_of(Algorithm algorithm) noexcept {
    return of(algorithm).element;
}
std::size_t size_of(Algorithm algorithm) noexcept {
    return of(algorithm).size;
}

std::string_view name_of(Extent extent) noexcept {
    return extent == Extent::full ? "FULL_OBJECT" : "COMPOSITE";
}

std::optional<Algorithm> algorithm_named(std::string_view name) noexcept {
    for (const auto algorithm : algorithms)
        if (same_letters(of(algorithm).name, name)) return algorithm;
    return std::nullopt;
}

}  // namespace s3pipes::sim
