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
    explicit ChunkSum(ChecksumKind kind);

    ChecksumKind kind() const noexcept { return kind_; }
    std::uint64_t bytes() const noexcept { return bytes_; }  // added so far

    void add(std::string_view bytes);
    // Of the chunk right behind this one, and of the same kind, which joins().
    void append(const ChunkSum& behind) noexcept;

    // Bare bytes, as in an ObjectChecksum. More may be added after it.
    std::string value() const;

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };

    ChecksumKind kind_;
    std::uint64_t bytes_ = 0;
    std::uint64_t crc_ = 0;
    std::unique_ptr<evp_md_ctx_st, Free> hash_;  // of those that do not join
};

}  // namespace s3pipes
