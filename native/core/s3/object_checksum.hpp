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
// Several kinds at once.
class ChecksumKinds {
  public:
    constexpr ChecksumKinds() = default;
    constexpr explicit(false) ChecksumKinds(ChecksumKind kind) noexcept
        : bits_(static_cast<std::uint8_t>(1u << static_cast<unsigned>(kind))) {}
    static constexpr ChecksumKinds all_that_join() noexcept {
        return ChecksumKinds(ChecksumKind::crc64nvme) | ChecksumKind::crc32c | ChecksumKind::crc32;
    }

    constexpr bool has(ChecksumKind kind) const noexcept {
        return (*this & ChecksumKinds(kind)) != ChecksumKinds();
    }
    constexpr ChecksumKinds operator|(ChecksumKinds other) const noexcept {
        return of(bits_ | other.bits_);
    }
    constexpr ChecksumKinds operator&(ChecksumKinds other) const noexcept {
        return of(bits_ & other.bits_);
    }
    bool operator==(const ChecksumKinds&) const = default;

  private:
    static constexpr ChecksumKinds of(unsigned bits) noexcept {
        ChecksumKinds kinds;
        kinds.bits_ = static_cast<std::uint8_t>(bits);
        return kinds;
    }

    std::uint8_t bits_ = 0;
};

// By what stands behind "x-amz-checksum-" in the name of a field, in letters of either case.
std::optional<ChecksumKind> checksum_kind_of(std::string_view name) noexcept;

struct ObjectChecksum {
    ChecksumKind kind = ChecksumKind::crc64nvme;
    std::string value;        // bare bytes
    std::uint32_t parts = 0;  // not of the bytes, but of so many parts' checksums; 0: of the bytes
    std::uint64_t part_bytes = 0;  // of each part but the last; 0: nobody knows
    bool parts_confirmed = false;  // all parts have been asked for their size

    bool operator==(const ObjectChecksum&) const = default;
};

// Whether an object with that ETag came in parts: "-N" is behind the hash, of a single one too.
bool put_in_parts(std::string_view etag) noexcept;

// Base64, behind it "-N" where it is of N parts. nullopt where it makes no sense: then it says
// nothing of the bytes.
std::optional<ObjectChecksum> parse_checksum(ChecksumKind kind, std::string_view text);

}  // namespace s3pipes
