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
// The same without the processor's multiplication of polynomials, for where it has none.
std::uint32_t crc32_by_table(std::string_view bytes, std::uint32_t before = 0) noexcept;
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before = 0) noexcept;
std::uint64_t crc64nvme_by_table(std::string_view bytes, std::uint64_t before = 0) noexcept;
}  // namespace crc

}  // namespace s3pipes
