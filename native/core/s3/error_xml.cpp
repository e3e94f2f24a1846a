#include "core/s3/error_xml.hpp"

#include <charconv>

#include "core/s3/xml_reader.hpp"
#include "core/words/error.hpp"
#include "core/words/object.hpp"
#include "core/words/printable.hpp"

namespace s3pipes {
namespace {

constexpr std::size_t limit_bytes = 64 << 10;  // S3's own stay below 4 KiB
constexpr std::size_t message_limit = 400;
constexpr std::size_t word_limit = 128;

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t size = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, size);
    if (error != std::errc{} || stop != end || size > largest_object_bytes) return std::nullopt;
    return size;
}

// <Error>, in some stores within an <ErrorResponse>, as other services of AWS do it.
class FaultVisitor final : public XmlVisitor {
  public:
    S3Fault fault;

    void begins(std::size_t depth, std::string_view name) override {
        if (depth == fields_depth_ - 1) inside_ = name == "Error";
        if (depth == 1 && name == "ErrorResponse") fields_depth_ = 3;
    }

    void ends(std::size_t depth, std::string_view name, std::string& text) override {
        if (depth < fields_depth_) inside_ = false;
        if (depth != fields_depth_ || !inside_) return;
        const auto keep = [&](std::string& place, std::size_t limit) {
            if (place.empty()) place = printable(text, limit);
        };
        if (name == "Code") keep(fault.code, word_limit);
        if (name == "Message") keep(fault.message, message_limit);
        if (name == "RequestId") keep(fault.request_id, word_limit);
        if (name == "Region") keep(fault.region, word_limit);
        if (name == "ActualObjectSize") fault.object_size = parse_size(text);
    }

  private:
    std::size_t fields_depth_ = 2;
    bool inside_ = false;
};

}  // namespace

std::optional<S3Fault> parse_fault(std::string_view body) {
    if (body.empty()) return std::nullopt;
    FaultVisitor found;
    try {
        // It may quote a key, whatever its bytes. Only ASCII of it is kept.
        read_xml(body, limit_bytes, found, XmlBytes::any);
    } catch (const Error&) {
        return std::nullopt;
    }
    if (found.fault.code.empty()) return std::nullopt;
    return found.fault;
}

}  // namespace s3pipes
