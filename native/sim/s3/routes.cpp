#include "sim/s3/routes.hpp"

#include <array>

#include "sim/s3/fault.hpp"
#include "sim/s3/operations.hpp"

namespace s3pipes::sim {
namespace {

// Parts of S3 that this is not: to answer as if they had not been asked for would be a lie.
constexpr std::array<std::string_view, 24> missing{"accelerate",
                                                   "acl",
                                                   "analytics",
                                                   "cors",
                                                   "encryption",
                                                   "intelligent-tiering",
                                                   "inventory",
                                                   "legal-hold",
                                                   "lifecycle",
                                                   "logging",
                                                   "metrics",
                                                   "notification",
                                                   "object-lock",
                                                   "ownershipControls",
                                                   "policy",
                                                   "policyStatus",
                                                   "publicAccessBlock",
                                                   "replication",
                                                   "requestPayment",
                                                   "restore",
                                                   "retention",
                                                   "select",
                                                   "tagging",
                                                   "torrent"};

[[noreturn]] void refuse_method(const Call& call, std::string_view resource,
                                std::string_view allowed) {
    throw Fault(code::method_not_allowed)
        .with("Method", call.request.method)
        .with("ResourceType", resource)
        .header("Allow", allowed);
}

Answer route_account(Account& account, const Call& call) {
    if (call.request.method != "GET") refuse_method(call, "SERVICE", "GET");
    return list_buckets(account, call);
}

Answer route_bucket(Account& account, const Call& call) {
    const auto& method = call.request.method;
    const auto& query = call.query;
    if (method == "POST" && query.has("delete")) return delete_objects(account, call);
    if (method == "GET") {
        if (query.has("uploads")) return list_uploads(account, call);
        if (query.has("location")) return bucket_location(account, call);
        if (query.has("versioning")) return bucket_versioning(account, call);
        if (query.get("list-type") == "2") return list_objects_v2(account, call);
        return list_objects_v1(account, call);
    }
    if (method == "HEAD") return head_bucket(account, call);
    if (method == "PUT") return create_bucket(account, call);
    if (method == "DELETE") return delete_bucket(account, call);
    refuse_method(call, "BUCKET", "GET, HEAD, PUT, DELETE");
}

Answer route_object(Account& account, const Call& call) {
    const auto& method = call.request.method;
    const auto& query = call.query;
    const auto version = query.get("versionId").value_or("null");
    if (version != "null") throw Fault(code::no_such_version).with("VersionId", version);
    const bool of_upload = query.has("uploadId");
    if (method == "GET" && of_upload) return list_parts(account, call);
    if (method == "GET" && query.has("attributes")) return object_attributes(account, call);
    if (method == "GET" || method == "HEAD") return get_object(account, call);
    if (method == "PUT") {
        const bool copies = call.request.header("x-amz-copy-source").has_value();
        if (of_upload && query.has("partNumber"))
            return copies ? upload_part_copy(account, call) : upload_part(account, call);
        return copies ? copy_object(account, call) : put_object(account, call);
    }
    if (method == "DELETE")
        return of_upload ? abort_upload(account, call) : delete_object(account, call);
    if (method == "POST" && query.has("uploads")) return create_upload(account, call);
    if (method == "POST" && of_upload) return complete_upload(account, call);
    refuse_method(call, "OBJECT", "GET, HEAD, PUT, DELETE");
}

}  // namespace

Answer route(Account& account, Call& call) {
    for (const auto& [name, unused] : call.query.pairs())
        for (const auto word : missing)
            if (name == word) throw Fault(code::not_implemented).with("Query", name);
    if (call.bucket.empty()) return route_account(account, call);
    if (call.key.empty()) return route_bucket(account, call);
    return route_object(account, call);
}

}  // namespace s3pipes::sim
