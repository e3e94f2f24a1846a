// What is known of an object.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/s3/checksum_kind.hpp"
#include "sim/s3/content.hpp"
#include "sim/s3/request.hpp"

namespace s3pipes::sim {

struct Part {
    unsigned number = 0;
    std::uint64_t size = 0;
    std::string checksum;  // base64; empty where there is none
};

struct Object {
    std::uint64_t size = 0;
    std::string etag;  // quotes included
    std::int64_t last_modified = 0;
    Headers headers;  // Content-Type, Cache-Control and the like, x-amz-meta-*
    std::string storage_class = "STANDARD";
    Checksum checksum;  // of the whole; its value empty where unknown
    // By which it is computed where it is unknown; none: it is not told.
    std::optional<Algorithm> summed_by = Algorithm::crc64nvme;
    std::vector<Part> parts;                 // of a multipart upload, in order
    std::shared_ptr<const Content> content;  // null where only listed
};

// Makes the content of a computed object.
using ContentSource = std::function<std::shared_ptr<const Content>(
    const std::string& bucket, const std::string& key, std::uint64_t version, std::uint64_t size)>;

using ObjectPtr = std::shared_ptr<const Object>;

}  // namespace s3pipes::sim
