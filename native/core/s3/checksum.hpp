// The cyclic redundancy checks that S3 keeps of its objects.
#pragma once

#include <cstdint>
#include <string_view>

namespace s3pipes {

// Each goes on from the check of what came `before`; that of nothing is 0.
std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0) noexcept;   // zlib's
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) noexcept;  // iSCSI's
std::uint64_t crc64nvme(std::string_view bytes,
                        std::uint64_t before = 0) noexcept;  // NVM Express's

// The check of two runs of bytes, one behind the other, from the checks of each.
std::uint32_t join_crc32(std::uint32_t first, std::uint32_t second,
                         std::uint64_t second_bytes) noexcept;
std::uint32_t join_crc32c(std::uint32_t first, std::uint32_t second,
                          std::uint64_t second_bytes) noexcept;
std::uint64_t join_crc64nvme(std::uint64_t first, std::uint64_t second,
                             std::uint64_t second_bytes) noexcept;

namespace crc {
// How the processor goes about it; the functions above take the best that it has.
enum class Way : unsigned char {
    tables,  // any processor
    narrow,  // multiplies polynomials, 16 bytes at a time: PCLMULQDQ
    wide,    // 32 bytes at a time: VPCLMULQDQ
    widest,  // 64 bytes at a time: the same with AVX-512
};
bool can(Way way) noexcept;
std::uint32_t crc32(Way way, std::string_view bytes, std::uint32_t before = 0) noexcept;
std::uint32_t crc32c(Way way, std::string_view bytes, std::uint32_t before = 0) noexcept;
std::uint64_t crc64nvme(Way way, std::string_view bytes, std::uint64_t before = 0) noexcept;
}  // namespace crc

}  // namespace s3pipes
