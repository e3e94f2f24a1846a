#include "core/s3/error_xml.hpp"

#include "core/s3/xml_tree.hpp"
#include "core/words/error.hpp"
#include "core/words/printable.hpp"

namespace s3pipes {
namespace {

constexpr std::size_t limit_bytes = 64 << 10;  // S3's own stay below 4 KiB
constexpr std::size_t message_limit = 400;
constexpr std::size_t word_limit = 128;

}  // namespace

std::optional<S3Fault> parse_fault(std::string_view body) {
    if (body.empty()) return std::nullopt;
    XmlNode document;
    try {
        document = parse_xml(body, limit_bytes);
    } catch (const Error&) {
        return std::nullopt;
    }
    // Some stores wrap it, as other services of AWS do.
    const XmlNode* error = document.find("Error");
    if (const XmlNode* wrapping = document.find("ErrorResponse")) error = wrapping->find("Error");
    if (!error) return std::nullopt;
    S3Fault fault;
    fault.code = printable(error->text_of("Code"), word_limit);
    fault.message = printable(error->text_of("Message"), message_limit);
    fault.request_id = printable(error->text_of("RequestId"), word_limit);
    fault.region = printable(error->text_of("Region"), word_limit);
    if (fault.code.empty()) return std::nullopt;
    return fault;
}

}  // namespace s3pipes
