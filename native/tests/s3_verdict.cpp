#include <boost/test/unit_test.hpp>
#include <string>

#include "core/s3/error_xml.hpp"
#include "core/s3/verdict.hpp"
#include "core/words/printable.hpp"

using namespace s3pipes;

namespace {

std::string fault(const std::string& code, const std::string& more = "") {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code +
           "</Code><Message>Why it is so.</Message>" + more +
           "<RequestId>4442587FB7D0A2F9</RequestId><HostId>h</HostId></Error>";
}

Error xml(int status, const std::string& code, const std::string& more = "",
          const std::string& region = "") {
    const std::string body = fault(code, more);
    return judge({.status = status,
                  .body = body,
                  .content_type = "application/xml",
                  .bucket_region = region});
}

Error bare(int status, const std::string& body = "", bool head = false,
           const std::string& region = "") {
    return judge({.status = status,
                  .body = body,
                  .content_type = body.empty() ? "" : "text/html",
                  .bucket_region = region,
                  .to_head = head});
}

std::string name(const Error& e) {
    return name_of(e.kind);
}

const std::string page = "<html>\n<head><title>Sign in</title></head></html>";

}  // namespace

BOOST_AUTO_TEST_SUITE(s3_verdict)

BOOST_AUTO_TEST_CASE(codes) {
    struct {
        int status;
        const char* code;
        const char* kind;
    } const rows[] = {
        {404, "NoSuchBucket", "bucket_not_found"},
        {404, "NoSuchKey", "object_not_found"},
        {404, "NoSuchVersion", "object_not_found"},
        {404, "NoSuchUpload", "request_refused"},
        {403, "ExpiredToken", "expired_credentials"},
        {400, "ExpiredToken", "expired_credentials"},
        {400, "InvalidToken", "expired_credentials"},
        {403, "TokenRefreshRequired", "expired_credentials"},
        {403, "RequestExpired", "expired_credentials"},
        {403, "InvalidAccessKeyId", "access_denied"},
        {403, "SignatureDoesNotMatch", "access_denied"},
        {403, "AccessDenied", "access_denied"},
        {403, "AllAccessDisabled", "access_denied"},
        {401, "Unauthorized", "access_denied"},
        {403, "InvalidObjectState", "request_refused"},
        {412, "PreconditionFailed", "object_changed"},
        {416, "InvalidRange", "range_not_satisfiable"},
        {503, "SlowDown", "throttled"},
        {503, "SlowDownRead", "throttled"},
        {500, "SlowDown", "throttled"},
        {200, "SlowDown", "throttled"},
        {400, "RequestLimitExceeded", "throttled"},
        {400, "ThrottlingException", "throttled"},
        {429, "TooManyRequests", "throttled"},
        {500, "InternalError", "server"},
        {200, "InternalError", "server"},
        {400, "RequestTimeout", "server"},
        {403, "RequestTimeTooSkewed", "server"},
        {501, "NotImplemented", "server"},
        {400, "KeyTooLongError", "request_refused"},
        {409, "OperationAborted", "request_refused"},
        {200, "Whatever", "request_refused"},
        {301, "PermanentRedirect", "request_refused"},  // with no region named, nowhere to go
    };
    for (const auto& row : rows) {
        const auto error = xml(row.status, row.code);
        BOOST_TEST(name(error) == row.kind, row.status << " " << row.code << " is " << name(error));
        BOOST_TEST(error.code == row.code);
        BOOST_TEST(error.status == row.status);
        BOOST_TEST(error.message.starts_with(row.code + std::string(": Why it is so.")));
        BOOST_TEST(error.request_id == "4442587FB7D0A2F9");
    }
    BOOST_TEST(xml(403, "RequestTimeTooSkewed").message.find("clock") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_region_needs_its_name) {
    const std::string named = "<Region>eu-west-1</Region>";
    for (const auto& error :
         {xml(400, "AuthorizationHeaderMalformed", named),
          xml(400, "IllegalLocationConstraintException", "", "eu-west-1"),
          xml(301, "PermanentRedirect", "", "eu-west-1"),
          xml(307, "TemporaryRedirect", "", "eu-west-1"), bare(308, "", false, "eu-west-1"),
          bare(301, "", true, "eu-west-1"), bare(400, "", true, "eu-west-1")}) {
        BOOST_TEST(name(error) == "wrong_region");
        BOOST_TEST(error.region == "eu-west-1");
    }
    BOOST_TEST(name(xml(400, "AuthorizationHeaderMalformed")) == "request_refused");
    // S3 names the region in answers that have nothing to do with it.
    BOOST_TEST(name(xml(403, "AccessDenied", "", "eu-west-1")) == "access_denied");
    BOOST_TEST(name(xml(400, "ExpiredToken", "", "eu-west-1")) == "expired_credentials");
    BOOST_TEST(xml(403, "AccessDenied", "", "eu-west-1").region == "");
}

BOOST_AUTO_TEST_CASE(answers_without_a_body) {
    BOOST_TEST(name(bare(404, "", true)) == "object_not_found");
    BOOST_TEST(name(bare(404)) == "object_not_found");
    BOOST_TEST(name(bare(403, "", true)) == "access_denied");
    BOOST_TEST(name(bare(401)) == "access_denied");
    BOOST_TEST(name(bare(412, "", true)) == "object_changed");
    BOOST_TEST(name(bare(416)) == "range_not_satisfiable");
    BOOST_TEST(name(bare(408)) == "server");
    BOOST_TEST(name(bare(307)) == "server");
    BOOST_TEST(name(bare(500)) == "server");
    BOOST_TEST(name(bare(503)) == "throttled");
    BOOST_TEST(name(bare(400, "", true)) == "request_refused");
    BOOST_TEST(name(bare(304)) == "request_refused");
    BOOST_TEST(bare(500).message == "HTTP 500 without an explanation");
    BOOST_TEST(name(bare(404, page, true)) ==
               "object_not_found");  // a HEAD's body is not looked at
}

BOOST_AUTO_TEST_CASE(answers_of_something_else) {
    for (int status : {200, 302, 400, 403, 404, 407}) {
        const auto error = bare(status, page);
        BOOST_TEST(name(error) == "not_s3", status);
        BOOST_TEST(error.message.find("<html> <head><title>Sign in</title>") != std::string::npos);
        BOOST_TEST(error.message.find("text/html") != std::string::npos);
        BOOST_TEST(error.message.find(std::to_string(status)) != std::string::npos);
    }
    BOOST_TEST(name(judge({.status = 403,
                           .body = "{\"message\":\"Forbidden\"}",
                           .content_type = "application/json"})) == "not_s3");
    // Balancers answer for a store that is down or busy: that passes.
    BOOST_TEST(name(bare(500, page)) == "server");
    BOOST_TEST(name(bare(502, page)) == "server");
    BOOST_TEST(name(bare(504, page)) == "server");
    BOOST_TEST(name(bare(503, page)) == "throttled");
    BOOST_TEST(name(bare(429, page)) == "throttled");
    BOOST_TEST(name(bare(416, page)) == "range_not_satisfiable");

    const auto long_page = bare(404, std::string(100'000, 'x') + "\x1b[31m");
    BOOST_TEST(long_page.message.size() < 200u);
}

BOOST_AUTO_TEST_CASE(retry_after_in_seconds_or_as_a_date_by_the_clock_of_the_store) {
    const auto asked = [](const char* value, const char* date = "") {
        return judge({.status = 503, .retry_after = value, .date = date}).retry_after;
    };
    const char* const now = "Sun, 06 Nov 1994 08:49:30 GMT";
    BOOST_TEST((asked("Sun, 06 Nov 1994 08:49:37 GMT", now) == std::chrono::seconds(7)));
    BOOST_TEST((asked("Sun, 06 Nov 1994 08:49:00 GMT", now) == std::chrono::seconds(0)));
    BOOST_TEST(
        (asked("Sun, 06 Nov 9994 08:49:00 GMT", now).value() < std::chrono::hours(24 * 365)));
    BOOST_TEST((asked("7") == std::chrono::seconds(7)));
    BOOST_TEST((asked("0") == std::chrono::seconds(0)));
    BOOST_TEST((asked("9223372036854775807").value() < std::chrono::hours(24 * 365)));
    for (const char* none :
         {"", "-1", "7.5", "99999999999999999999", "7 ", "soon", "Sun, 06 Nov 1994 08:49:37 GMT"})
        BOOST_TEST(!asked(none).has_value(), none);
}

BOOST_AUTO_TEST_CASE(the_header_names_the_request_before_the_body) {
    const std::string body = fault("AccessDenied");
    const auto error = judge({.status = 403, .body = body, .request_id = "FROM-HEADER"});
    BOOST_TEST(error.request_id == "FROM-HEADER");
}

BOOST_AUTO_TEST_CASE(faults) {
    const auto found = parse_fault(fault("NoSuchKey", "<Region>r</Region>"));
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->code == "NoSuchKey");
    BOOST_TEST(found->message == "Why it is so.");
    BOOST_TEST(found->request_id == "4442587FB7D0A2F9");
    BOOST_TEST(found->region == "r");
    const auto wrapped =
        parse_fault("<ErrorResponse><Error><Code>X</Code></Error></ErrorResponse>");
    BOOST_REQUIRE(wrapped.has_value());
    BOOST_TEST(wrapped->code == "X");
    for (const char* other : {"", "text", "<html/>", "<Error/>", "<Error><Code/></Error>",
                              "<Error>", "<a><Error><Code>X</Code></Error></a>"})
        BOOST_TEST(!parse_fault(other).has_value(), other);
    BOOST_TEST(!parse_fault(fault("X") + std::string(100'000, ' ')).has_value());
}

BOOST_AUTO_TEST_CASE(a_fault_never_quotes_what_was_signed) {
    const auto error =
        xml(403, "SignatureDoesNotMatch",
            "<AWSAccessKeyId>AKIA</AWSAccessKeyId><StringToSign>AWS4 sign</StringToSign>"
            "<CanonicalRequest>x-amz-security-token:hush</CanonicalRequest>");
    for (const char* secret : {"AKIA", "AWS4", "hush"})
        BOOST_TEST(error.message.find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(text_from_a_peer_becomes_one_clean_line) {
    BOOST_TEST(printable(" a\r\n\t b\x1b[0m\xff ", 80) == "a b?[0m?");
    BOOST_TEST(printable("abcdef", 6) == "abcdef");
    BOOST_TEST(printable("abcdef  ", 6) == "abcdef");
    BOOST_TEST(printable("abcdefg", 6) == "abcdef...");
    BOOST_TEST(printable("abcde fg", 6) == "abcde...");
}

BOOST_AUTO_TEST_SUITE_END()
