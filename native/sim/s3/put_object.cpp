// PUT and DELETE of an object.
#include "sim/s3/conditions.hpp"
#include "sim/s3/contents.hpp"
#include "sim/s3/digest.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/names.hpp"
#include "sim/s3/object_headers.hpp"
#include "sim/s3/operations.hpp"

namespace s3pipes::sim {

Answer put_object(Account& account, const Call& call) {
    auto& bucket = account.bucket(call.bucket);
    check_key(call.key);
    const auto present = bucket.find(call.key, account.rules.content);
    check_write(call, present.get());

    auto object = std::make_shared<Object>();
    object->headers = kept_headers(call);
    object->storage_class = call.header("x-amz-storage-class").value_or("STANDARD");
    object->size = call.body.size();
    object->etag = '"' + hex(digest_of(Hash::Kind::md5, call.body)) + '"';
    object->last_modified = call.now_s;
    object->content = std::make_shared<KeptContent>(std::string(call.body));

    Answer answer;
    answer.headers.emplace_back("x-amz-server-side-encryption", "AES256");
    answer.headers.emplace_back("ETag", object->etag);
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
