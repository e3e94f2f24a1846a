// What peers write and we parse: an answer must come out, or the error that was promised.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/s3/content_range.hpp"
#include "core/s3/error_xml.hpp"
#include "core/s3/list_xml.hpp"
#include "core/s3/timestamp.hpp"
#include "core/s3/uri.hpp"
#include "core/s3/verdict.hpp"
#include "core/words/error.hpp"

using namespace s3pipes;

namespace {

void require(bool law) {
    if (!law) std::abort();
}

void fuzz_listing(std::string_view text) {
    try {
        for (const auto& object : parse_list_page(text).objects) require(!object.key.empty());
    } catch (const Error& e) {
        require(e.kind == ErrorKind::not_s3 || e.kind == ErrorKind::bad_response);
    }
}

void fuzz_fault(std::string_view text) {
    const auto fault = parse_fault(text);
    require(!fault || !fault->code.empty());
    const int status = text.empty() ? 500 : 200 + static_cast<unsigned char>(text[0]) * 2;
    const Error error =
        judge({status, text, text, text, text, text, text.size() % 2 == 1, "us-east-1"});
    require(error.message.size() < 1000);
    for (const char c : error.message) require(c >= ' ' && c <= '~');
    require(error.kind != ErrorKind::wrong_region || !error.region.empty());
}

void fuzz_headers(std::string_view text) {
    if (const auto found = parse_content_range(text)) {
        require(found->range.end >= found->range.begin);
        require(found->range.empty() || !found->total || *found->total >= found->range.end);
    }
    parse_http_date(text);
    parse_iso8601(text);
}

void fuzz_encoding(std::string_view text) {
    require(decode_form(text).size() <= text.size());
    require(decode_form(encode_path(text)) == text);
    require(decode_form(encode_query(text)) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    fuzz_listing(text);
    fuzz_fault(text);
    fuzz_headers(text);
    fuzz_encoding(text);
    return 0;
}
