#include "sim/s3/uploads.hpp"

#include <algorithm>
#include <tuple>

#include "sim/s3/fault.hpp"
#include "sim/s3/mixed.hpp"

namespace s3pipes::sim {

Upload& Uploads::begin(Upload upload) {
    upload.number = ++begun_;
    // Long, and nobody's guess: two ETags without their quotes.
    const auto first = etag_of(mixed(begun_), mixed(~begun_));
    const auto second = etag_of(mixed(mixed(begun_)), begun_);
    upload.id = first.substr(1, 32) + second.substr(1, 32);
    auto id = upload.id;
    return uploads_.emplace(std::move(id), std::move(upload)).first->second;
}

Upload& Uploads::find(const std::string& bucket, const std::string& key, std::string_view id) {
    const auto found = uploads_.find(id);
    if (found == uploads_.end() || found->second.bucket != bucket || found->second.key != key)
        throw Fault(code::no_such_upload).with("UploadId", id);
    return found->second;
}

void Uploads::end(const std::string& id) {
    uploads_.erase(id);
}

void Uploads::end_all(const std::string& bucket) {
    std::erase_if(uploads_, [&](const auto& entry) { return entry.second.bucket == bucket; });
}

std::vector<const Upload*> Uploads::of(const std::string& bucket) const {
    std::vector<const Upload*> out;
    for (const auto& [id, upload] : uploads_)
        if (upload.bucket == bucket) out.push_back(&upload);
    std::sort(out.begin(), out.end(), [](const Upload* a, const Upload* b) {
        return std::tie(a->key, a->number) < std::tie(b->key, b->number);
    });
    return out;
}

}  // namespace s3pipes::sim
