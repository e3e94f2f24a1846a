// PUT and DELETE of an object.
#include "core/s3/base64.hpp"
#include "sim/s3/checksums.hpp"
#include "sim/s3/conditions.hpp"
#include "sim/s3/contents.hpp"
#include "sim/s3/digest.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/names.hpp"
#include "sim/s3/object_headers.hpp"
#include "sim/s3/operations.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::uint64_t largest_put_bytes = std::uint64_t{5} << 30;

}  // namespace

Answer put_object(Account& account, const Call& call) {
    auto& bucket = account.bucket(call.bucket);
    check_key(call.key);
    if (call.body.size() > largest_put_bytes)
        throw Fault(code::entity_too_large)
            .with("ProposedSize", std::to_string(call.body.size()))
            .with("MaxSizeAllowed", std::to_string(largest_put_bytes));
    const auto claimed = claimed_checksum(call);
    verify_body(call, claimed);
    const auto present = bucket.find(call.key, account.rules.content);
    check_write(call, present.get());

    auto object = std::make_shared<Object>();
    object->headers = kept_headers(call);
    object->storage_class = call.header("x-amz-storage-class").value_or("STANDARD");
    object->size = call.body.size();
    object->etag = '"' + hex(digest_of(Hash::Kind::md5, call.body)) + '"';
    object->last_modified = call.now_s;
    object->checksum = claimed.value_or(Checksum{});
    if (!claimed)
        object->checksum.value = encode_base64(sum_of(object->checksum.algorithm, call.body));
    object->content = std::make_shared<KeptContent>(std::string(call.body));

    Answer answer;
    answer.headers.emplace_back("x-amz-server-side-encryption", "AES256");
    answer.headers.emplace_back("ETag", object->etag);
    append_checksum(answer.headers, object->checksum);
    bucket.put(call.key, std::move(object));
    return answer;
}

Answer delete_object(Account& account, const Call& call) {
    account.bucket(call.bucket).remove(call.key);
    Answer answer;
    answer.status = 204;
    return answer;
}

}  // namespace s3pipes::sim
