#include "sim/s3/account.hpp"

#include "core/s3/base64.hpp"
#include "sim/s3/checksums.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/names.hpp"

namespace s3pipes::sim {

Bucket& Account::bucket(const std::string& name) {
    const auto found = buckets.find(name);
    if (found != buckets.end()) return found->second;
    if (!is_bucket_name(name)) throw Fault(code::invalid_bucket_name).with("BucketName", name);
    throw Fault(code::no_such_bucket).with("BucketName", name);
}

ObjectPtr Account::object(const std::string& bucket_name, const std::string& key) {
    auto object = bucket(bucket_name).find(key, rules.content);
    if (!object) throw Fault(code::no_such_key).with("Key", key);
    return object;
}

Checksum Account::checksum(const Object& object) {
    constexpr std::size_t most_computed = 100'000;
    if (!object.checksum.value.empty() || !reads(object.size)) return object.checksum;
    if (computed_.size() >= most_computed) computed_.clear();
    auto& value = computed_[object.etag + std::to_string(object.size)];
    if (value.empty()) value = encode_base64(sum_of(Algorithm::crc64nvme, *object.content));
    return {Algorithm::crc64nvme, Extent::full, value};
}

}  // namespace s3pipes::sim
