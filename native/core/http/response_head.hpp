// The fields of a response's head that S3 clients need. Values are as sent, ETags with their
// quotes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/s3/object_checksum.hpp"

namespace s3pipes {

struct ResponseHead {
    int status = 0;
    std::optional<std::uint64_t> content_length;  // with HEAD: the length GET would have
    std::string etag;
    std::string content_range;
    std::string content_type;
    std::string last_modified;
    std::string retry_after;
    std::string date;           // the clock of who answered
    std::string request_id;     // x-amz-request-id
    std::string bucket_region;  // x-amz-bucket-region
    // The one of x-amz-checksum-... that is computed soonest, and x-amz-checksum-type.
    std::string checksum;
    ChecksumKind checksum_kind = ChecksumKind::crc64nvme;
    std::string checksum_type;
};

}  // namespace s3pipes
