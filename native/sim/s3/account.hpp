// All that one simulated S3 holds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sim/s3/bucket.hpp"
#include "sim/s3/rules.hpp"
#include "sim/s3/uploads.hpp"

namespace s3pipes::sim {

struct Account {
    static constexpr std::string_view owner_id =
        "3f1c6d0f5a9be2778d4d2c11a0e94b7f60c8a3d95512ee7fb6a4908817d3c2e5";

    ServiceRules rules;
    std::map<std::string, Bucket> buckets;
    Uploads uploads;

    // Throws NoSuchBucket.
    Bucket& bucket(const std::string& name);
    // Throws NoSuchBucket and NoSuchKey.
    ObjectPtr object(const std::string& bucket_name, const std::string& key);

    // Whether so many bytes may be read for a digest, while everybody else waits.
    bool reads(std::uint64_t bytes) const noexcept {
        return bytes <= rules.computed_checksum_bytes;
    }
    // That of the object, computed where none is kept and it is not too large.
    Checksum checksum(const Object& object);
    // Whether it would be told if somebody computed it, piece by piece, and kept it.
    bool wants_sum(const Object& object) const;
    void keep_sum(const Object& object, std::string value);

  private:
    std::unordered_map<std::string, std::string> computed_;  // by ETag, size and algorithm
};

}  // namespace s3pipes::sim
