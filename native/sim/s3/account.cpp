#include "sim/s3/account.hpp"

#include "core/s3/base64.hpp"
#include "sim/s3/checksums.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/names.hpp"

namespace s3pipes::sim {
namespace {

std::string name_of_sum(const Object& object) {
    return object.etag + std::to_string(object.size) + std::string(name_of(*object.summed_by));
}

}  // namespace

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
    if (!object.checksum.value.empty() || !object.summed_by) return object.checksum;
    const auto algorithm = *object.summed_by;
    const auto known = computed_.find(name_of_sum(object));
    if (known != computed_.end()) return {algorithm, Extent::full, known->second};
    if (!reads(object.size)) return object.checksum;
    auto value = encode_base64(sum_of(algorithm, *object.content));
    keep_sum(object, value);
    return {algorithm, Extent::full, std::move(value)};
}

bool Account::wants_sum(const Object& object) const {
    return object.checksum.value.empty() && object.summed_by &&
           object.size <= rules.stepwise_checksum_bytes && !computed_.contains(name_of_sum(object));
}

void Account::keep_sum(const Object& object, std::string value) {
    constexpr std::size_t most_computed = 100'000;
    if (computed_.size() >= most_computed) computed_.clear();
    computed_[name_of_sum(object)] = std::move(value);
}

}  // namespace s3pipes::sim
