#include "sim/s3/object_headers.hpp"

#include <algorithm>

#include "sim/s3/dates.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/letters.hpp"

namespace s3pipes::sim {
namespace {

struct Kept {
    std::string_view header, override_by;
};

constexpr Kept kept[] = {
    {"Content-Type", "response-content-type"},
    {"Cache-Control", "response-cache-control"},
    {"Content-Disposition", "response-content-disposition"},
    {"Content-Encoding", "response-content-encoding"},
    {"Content-Language", "response-content-language"},
    {"Expires", "response-expires"},
    {"x-amz-website-redirect-location", ""},
};
constexpr std::string_view meta = "x-amz-meta-";
constexpr std::size_t largest_metadata = 2048;

// "gzip" of "aws-chunked,gzip": the frame is no part of the object.
std::string without_frame(std::string_view encoding) {
    std::string out;
    while (!encoding.empty()) {
        const auto comma = std::min(encoding.find(','), encoding.size());
        const auto one = trimmed(encoding.substr(0, comma));
        encoding.remove_prefix(std::min(comma + 1, encoding.size()));
        if (one.empty() || same_letters(one, "aws-chunked")) continue;
        if (!out.empty()) out += ',';
        out += one;
    }
    return out;
}

}  // namespace

Headers kept_headers(const Call& call) {
    Headers out;
    for (const auto& [header, unused] : kept) {
        std::string value(call.header(header).value_or(""));
        if (header == "Content-Encoding") value = without_frame(value);
        if (header == "Content-Type" && value.empty()) value = "binary/octet-stream";
        if (!value.empty()) out.emplace_back(header, std::move(value));
    }
    std::size_t metadata = 0;
    for (const auto& [name, value] : call.request.headers) {
        if (!same_letters(std::string_view(name).substr(0, meta.size()), meta)) continue;
        auto key = lowered(name);
        metadata += key.size() - meta.size() + trimmed(value).size();
        const auto same = std::find_if(out.begin(), out.end(),
                                       [&](const auto& pair) { return pair.first == key; });
        if (same == out.end())
            out.emplace_back(std::move(key), trimmed(value));
        else
            same->second.append(",").append(trimmed(value));
    }
    if (metadata > largest_metadata)
        throw Fault(code::metadata_too_large)
            .with("Size", std::to_string(metadata))
            .with("MaxSizeAllowed", std::to_string(largest_metadata));
    return out;
}

void append_object_headers(Headers& out, const Object& object, const Query& query) {
    out.emplace_back("Last-Modified", http_date(object.last_modified));
    out.emplace_back("ETag", object.etag);
    out.emplace_back("Accept-Ranges", "bytes");
    out.emplace_back("x-amz-server-side-encryption", "AES256");
    if (object.storage_class != "STANDARD")
        out.emplace_back("x-amz-storage-class", object.storage_class);
    const auto first = out.size();
    out.insert(out.end(), object.headers.begin(), object.headers.end());
    if (query.pairs().empty()) return;
    for (const auto& [header, override_by] : kept) {
        const auto value = override_by.empty() ? std::nullopt : query.get(override_by);
        if (!value) continue;
        const auto same = std::find_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                                       [&](const auto& pair) { return pair.first == header; });
        if (same == out.end())
            out.emplace_back(header, *value);
        else
            same->second = *value;
    }
}

}  // namespace s3pipes::sim
