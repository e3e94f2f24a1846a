// A checksum under way: of the bytes of a chunk as they come, or of chunks that have come.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/s3/object_checksum.hpp"

struct evp_md_ctx_st;  // OpenSSL's

namespace s3pipes {

class ChunkSum {
  public:
    // Of several kinds at once only those that join().
    explicit ChunkSum(ChecksumKinds kinds);

    ChecksumKinds kinds() const noexcept { return kinds_; }
    std::uint64_t bytes() const noexcept { return bytes_; }  // added so far

    void add(std::string_view bytes);
    // Of the chunk right behind this one. What is left are the kinds that both have, and join().
    void append(const ChunkSum& behind) noexcept;

    // Of a kind that it has; bare bytes, as in an ObjectChecksum. More may be added after it.
    std::string value(ChecksumKind kind) const;

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };

    ChecksumKinds kinds_;
    std::uint64_t bytes_ = 0;
    std::uint64_t crc64nvme_ = 0;
    std::uint32_t crc32c_ = 0;
    std::uint32_t crc32_ = 0;
    std::unique_ptr<evp_md_ctx_st, Free> hash_;  // of those that do not join
};

}  // namespace s3pipes
