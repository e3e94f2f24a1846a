#include "core/s3/list_xml.hpp"

#include <algorithm>
#include <charconv>

#include "core/s3/timestamp.hpp"
#include "core/s3/uri.hpp"
#include "core/s3/xml_tree.hpp"
#include "core/words/error.hpp"
#include "core/words/printable.hpp"

namespace s3pipes {
namespace {

// A thousand keys of 1024 bytes, each byte escaped, are 3 MiB.
constexpr std::size_t limit_bytes = 16 << 20;

[[noreturn]] void contradict(const char* what) {
    throw Error(ErrorKind::bad_response, std::string("the listing is broken: ") + what);
}

std::uint64_t parse_size(std::string_view text) {
    std::uint64_t size = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, size);
    if (error != std::errc{} || stop != end) contradict("an object's size is not a number");
    return size;
}

ListedObject read_object(const XmlNode& contents, bool encoded) {
    ListedObject object;
    bool has_size = false;
    for (const auto& [name, node] : contents.children()) {
        const std::string& text = node.text();
        if (name == "Key") {
            object.key = encoded ? decode_form(text) : text;
        } else if (name == "Size") {
            object.meta.size = parse_size(text);
            has_size = true;
        } else if (name == "ETag") {
            object.meta.etag = text;
        } else if (name == "LastModified") {
            object.meta.last_modified = parse_iso8601(text);
        }
    }
    if (object.key.empty()) contradict("an object has no key");
    if (!has_size) contradict("an object has no size");
    return object;
}

}  // namespace

ListPage parse_list_page(std::string_view xml) {
    const XmlNode document = parse_xml(xml, limit_bytes);
    const XmlNode* result = document.find("ListBucketResult");
    if (!result) {
        const auto& roots = document.children();
        throw Error(ErrorKind::not_s3,
                    "expected S3's ListBucketResult, got " +
                        printable(roots.empty() ? "nothing" : roots[0].first, 80));
    }
    const bool encoded = result->text_of("EncodingType") == "url";
    ListPage page;
    const auto& parts = result->children();
    page.objects.reserve(static_cast<std::size_t>(std::count_if(
        parts.begin(), parts.end(), [](const auto& part) { return part.first == "Contents"; })));
    for (const auto& [name, node] : parts)
        if (name == "Contents") page.objects.push_back(read_object(node, encoded));
    if (result->text_of("IsTruncated") == "true") {
        page.next_token = result->text_of("NextContinuationToken");
        if (page.next_token.empty()) contradict("there is more, but no token to ask for it");
    }
    return page;
}

}  // namespace s3pipes
