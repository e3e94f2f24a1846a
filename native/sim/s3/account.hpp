// All that one simulated S3 holds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "sim/s3/bucket.hpp"
#include "sim/s3/rules.hpp"

namespace s3pipes::sim {

struct Account {
    static constexpr std::string_view owner_id =
        "3f1c6d0f5a9be2778d4d2c11a0e94b7f60c8a3d95512ee7fb6a4908817d3c2e5";

    ServiceRules rules;
    std::map<std::string, Bucket> buckets;

    // Throws NoSuchBucket.
    Bucket& bucket(const std::string& name);
    // Throws NoSuchBucket and NoSuchKey.
    ObjectPtr object(const std::string& bucket_name, const std::string& key);
};

}  // namespace s3pipes::sim
