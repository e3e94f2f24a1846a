// The fields of a response's head that S3 clients need. Values are as sent, ETags with their
// quotes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace s3pipes {

struct ResponseHead {
    int status = 0;
    std::optional<std::uint64_t> content_length;  // with HEAD: the length GET would have
    std::string etag;
    std::string content_range;
    std::string content_type;
    std::string content_encoding;
    std::string last_modified;
    std::string location;
    std::string retry_after;
    std::string date;
    std::string server;
    std::string request_id;     // x-amz-request-id
    std::string extended_id;    // x-amz-id-2
    std::string bucket_region;  // x-amz-bucket-region
    std::string version_id;     // x-amz-version-id
    std::string delete_marker;  // x-amz-delete-marker
    std::string storage_class;  // x-amz-storage-class
    std::string checksum_crc32;
    std::string checksum_crc32c;
    std::string checksum_crc64nvme;
    std::string checksum_sha1;
    std::string checksum_sha256;
    std::string checksum_type;  // FULL_OBJECT or COMPOSITE
};

}  // namespace s3pipes
