#include "core/s3/list_xml.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "core/s3/error_xml.hpp"
#include "core/s3/timestamp.hpp"
#include "core/s3/uri.hpp"
#include "core/s3/verdict.hpp"
#include "core/s3/xml_reader.hpp"
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
    if (size > largest_object_bytes) contradict("an object is larger than any can be");
    return size;
}

class PageVisitor final : public XmlVisitor {
  public:
    void begins(std::size_t depth, std::string_view name) override {
        if (depth == 1 && name != "ListBucketResult")
            throw Error(ErrorKind::not_s3,
                        "expected S3's ListBucketResult, got " + printable(name, 80));
        if (depth != 2) return;
        in_object_ = name == "Contents";
        if (!in_object_) return;
        page_.objects.emplace_back();
        has_size_ = false;
    }

    void ends(std::size_t depth, std::string_view name, std::string& text) override {
        if (depth == 2) {
            if (in_object_) {
                end_object();
            } else if (name == "EncodingType") {
                encoded_ = text == "url";
            } else if (name == "IsTruncated") {
                truncated_ = text == "true";
            } else if (name == "KeyCount") {
                key_count_ = parse_size(text);
            } else if (name == "NextContinuationToken") {
                page_.next_token = std::move(text);
            }
        } else if (depth == 3 && in_object_) {
            take_field(page_.objects.back(), name, text);
        }
    }

    ListPage finish() {
        // The encoding may be named last.
        if (encoded_)
            for (ListedObject& object : page_.objects) object.key = decode_form(object.key);
        // Common prefixes are counted too, and are not asked for.
        if (key_count_ && *key_count_ != page_.objects.size())
            contradict("it holds another number of keys than it says");
        if (!truncated_) page_.next_token.clear();
        if (truncated_ && page_.next_token.empty())
            contradict("there is more, but no token to ask for it");
        return std::move(page_);
    }

  private:
    void take_field(ListedObject& object, std::string_view name, std::string& text) {
        if (name == "Key") {
            object.key = std::move(text);
        } else if (name == "Size") {
            object.meta.size = parse_size(text);
            has_size_ = true;
        } else if (name == "ETag") {
            object.meta.etag = std::move(text);
        } else if (name == "LastModified") {
            object.meta.last_modified = parse_iso8601(text);
        }
    }

    void end_object() {
        if (page_.objects.back().key.empty()) contradict("an object has no key");
        if (!has_size_) contradict("an object has no size");
        in_object_ = false;
    }

    ListPage page_;
    std::optional<std::uint64_t> key_count_;
    bool encoded_ = false;
    bool truncated_ = false;
    bool in_object_ = false;
    bool has_size_ = false;
};

}  // namespace

ListPage parse_list_page(std::string_view xml) {
    PageVisitor visitor;
    try {
        read_xml(xml, limit_bytes, visitor);
    } catch (const Error& error) {
        // S3's own error may come as a success, where it occurred after that had been said.
        if (error.kind == ErrorKind::not_s3 && parse_fault(xml)) throw judge({200, xml});
        throw;
    }
    return visitor.finish();
}

}  // namespace s3pipes
