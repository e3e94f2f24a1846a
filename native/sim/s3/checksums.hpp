// Checksums of bytes, and those that requests claim.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/s3/call.hpp"
#include "sim/s3/checksum_kind.hpp"
#include "sim/s3/digest.hpp"

namespace s3pipes::sim {

// Bytes in, the checksum's bare bytes out.
class Summing {
  public:
    explicit Summing(Algorithm algorithm);

    void add(std::string_view bytes);
    std::string finish();

  private:
    Algorithm algorithm_;
    std::uint64_t crc_ = 0;
    std::optional<Hash> hash_;
};

std::string sum_of(Algorithm algorithm, std::string_view bytes);  // bare bytes
std::string sum_of(Algorithm algorithm, const Content& content);

// The check of two runs of bytes from the checks of each; of CRCs alone.
std::string joined_sums(Algorithm algorithm, std::string_view first, std::string_view second,
                        std::uint64_t second_bytes);

// The checksum that a header or a trailer claims of the body; in base64. Throws InvalidRequest
// where there are several, or one that cannot be.
std::optional<Checksum> claimed_checksum(const Call& call);

// Compares the body with what is claimed of it, Content-MD5 too. Throws BadDigest.
void verify_body(const Call& call, const std::optional<Checksum>& claimed);

// The algorithm that x-amz-checksum-algorithm asks for. Throws InvalidRequest.
std::optional<Algorithm> wanted_algorithm(const Call& call);

// Appends x-amz-checksum-crc32 or its like, and x-amz-checksum-type.
void append_checksum(Headers& out, const Checksum& checksum);

}  // namespace s3pipes::sim
