// The server of S3Case.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "core/s3/uri.hpp"
#include "tests/store_conformance.hpp"

namespace s3pipes::test {
namespace {

std::string between(const std::string& text, const std::string& from, const std::string& until) {
    const std::size_t found = text.find(from);
    if (found == text.npos) return "";
    const std::size_t begin = found + from.size();
    return text.substr(begin, text.find(until, begin) - begin);
}

std::string fault(const std::string& status, const std::string& code,
                  const std::string& fields = "") {
    const std::string body = "<Error><Code>" + code + "</Code><Message>m</Message></Error>";
    return "HTTP/1.1 " + status + "\r\nContent-Type: application/xml\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

S3Case::S3Case() {
    S3Target target;
    target.endpoint = at(server_);
    target.bucket = "bucket";
    target.base_path = "/bucket";
    target.region = "us-east-1";
    auto credentials = std::make_shared<CredentialCell>();
    credentials->set(std::make_shared<const Credentials>(Credentials{"AKID", "secret", ""}));
    store_ = std::make_shared<S3Store>(target, credentials, std::vector<Pool*>{&loop.pool});
}

void S3Case::put(const std::string& key, std::uint64_t size) {
    std::lock_guard lock(mutex_);
    const auto [found, fresh] = objects_.try_emplace(key);
    if (!fresh) ++found->second.version;
    found->second.size = size;
}

std::string S3Case::etag_of(const Object& object) const {
    return (weak_ ? "W/\"" : "\"") + std::to_string(object.version) + "\"";
}

void S3Case::serve(Peer& peer) {
    std::string request;
    while (!(request = peer.request()).empty()) answer(peer, request);
}

void S3Case::answer(Peer& peer, const std::string& request) {
    std::unique_lock lock(mutex_);
    const bool head = request.starts_with("HEAD ");
    const std::string target = between(request, " ", " ");
    if (target.starts_with("/bucket?")) {
        peer.send(of_length(list(target.substr(8) + "&")));
        return;
    }
    const std::string key = decode_form(target.substr(8));
    const auto found = objects_.find(key);
    if (found == objects_.end()) {
        peer.send(head ? head_of("404 Not Found") : fault("404 Not Found", "NoSuchKey"));
        return;
    }
    const Object object = found->second;
    const std::string condition = between(request, "\r\nif-match: ", "\r\n");
    // A weak one matches nothing, as the rules have it.
    if (!condition.empty() && (weak_ || condition != etag_of(object))) {
        peer.send(fault("412 Precondition Failed", "PreconditionFailed"));
        return;
    }
    std::uint64_t begin = 0, end = object.size;
    std::string status = "200 OK", fields = "ETag: " + etag_of(object) +
                                            "\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n";
    if (const std::string range = between(request, "\r\nrange: bytes=", "\r\n"); !range.empty()) {
        begin = std::strtoull(range.c_str(), nullptr, 10);
        end = std::min<std::uint64_t>(
            end, std::strtoull(range.c_str() + range.find('-') + 1, nullptr, 10) + 1);
        const std::string size = std::to_string(object.size);
        if (begin >= object.size) {
            peer.send(fault("416 No", "InvalidRange", "Content-Range: bytes */" + size + "\r\n"));
            return;
        }
        status = "206 Partial Content";
        fields += "Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(end - 1) +
                  "/" + size + "\r\n";
    }
    fields += "Content-Length: " + std::to_string(end - begin) + "\r\n";
    peer.send(head_of(status, fields));
    if (head) return;
    std::string body;
    for (std::uint64_t i = begin; i < end; ++i)
        body += static_cast<char>(MemoryStore::byte_of(key, i, object.version));
    lock.unlock();
    if (const std::uint64_t stall = stall_after_.exchange(UINT64_MAX); stall != UINT64_MAX) {
        peer.send(body.substr(0, stall));
        peer.wait_for_close();
        return;
    }
    peer.send(body);
}

std::string S3Case::list(const std::string& query) {
    const std::string prefix = decode_form(between(query, "&prefix=", "&"));
    std::string after = decode_form(between("&" + query, "&continuation-token=", "&"));
    if (after.empty()) after = decode_form(between(query, "&start-after=", "&"));
    const std::string wanted = between(query, "&max-keys=", "&");
    const std::size_t most = wanted.empty() ? 1000 : std::strtoul(wanted.c_str(), nullptr, 10);
    std::string xml = "<EncodingType>url</EncodingType>", last;
    std::size_t count = 0;
    for (auto next = objects_.upper_bound(after); next != objects_.end(); ++next) {
        if (!next->first.starts_with(prefix)) continue;
        if (count++ == most) {
            xml += "<IsTruncated>true</IsTruncated><NextContinuationToken>" + last +
                   "</NextContinuationToken>";
            break;
        }
        last = next->first;
        xml += "<Contents><Key>" + encode_query(last) + "</Key><Size>" +
               std::to_string(next->second.size) + "</Size><ETag>" + etag_of(next->second) +
               "</ETag></Contents>";
    }
    return "<ListBucketResult>" + xml + "</ListBucketResult>";
}

}  // namespace s3pipes::test
