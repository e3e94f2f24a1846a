#include "core/s3/verdict.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "core/s3/error_xml.hpp"
#include "core/s3/timestamp.hpp"
#include "core/words/printable.hpp"

namespace s3pipes {
namespace {

constexpr std::size_t quote_limit = 80;
constexpr std::int64_t longest_wait_s = 1'000'000;  // a server that asks for more means "never"

bool is_any(std::string_view code, std::initializer_list<std::string_view> codes) {
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                           std::string_view date) {
    // By the clock of who asks for it, which ours need not agree with.
    if (const std::int64_t until = parse_http_date(value); until != 0) {
        const std::int64_t from = parse_http_date(date);
        if (from == 0) return std::nullopt;
        return std::chrono::seconds(std::clamp<std::int64_t>(until - from, 0, longest_wait_s));
    }
    std::int64_t seconds = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, seconds);
    if (value.empty() || error != std::errc{} || stop != end || seconds < 0) return std::nullopt;
    return std::chrono::seconds(std::min(seconds, longest_wait_s));
}

bool is_throttling(std::string_view code) {
    return code.starts_with("SlowDown") || code.find("Throttl") != code.npos ||
           is_any(code, {"RequestLimitExceeded", "BandwidthLimitExceeded", "ServiceUnavailable",
                         "TooManyRequests", "TooManyRequestsException", "PriorRequestNotComplete"});
}

// Codes that mean one thing, whatever status they come with.
std::optional<ErrorKind> kind_of_code(std::string_view code) {
    if (is_throttling(code)) return ErrorKind::throttled;
    if (is_any(code, {"InternalError", "RequestTimeout", "RequestTimeTooSkewed"}))
        return ErrorKind::server;
    if (is_any(code, {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired",
                      "RequestExpired", "InvalidToken"}))
        return ErrorKind::expired_credentials;
    if (is_any(code, {"InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"}))
        return ErrorKind::access_denied;
    if (code == "NoSuchBucket") return ErrorKind::bucket_not_found;
    if (is_any(code, {"NoSuchKey", "NoSuchVersion"})) return ErrorKind::object_not_found;
    if (code == "PreconditionFailed") return ErrorKind::object_changed;
    if (code == "InvalidRange") return ErrorKind::range_not_satisfiable;
    // An archived object: 403, but no permission would help.
    if (code == "InvalidObjectState") return ErrorKind::request_refused;
    return std::nullopt;
}

// Statuses that proxies and balancers send too, with pages of their own.
std::optional<ErrorKind> kind_of_status(int status) {
    switch (status) {
        case 412: return ErrorKind::object_changed;
        case 416: return ErrorKind::range_not_satisfiable;
        case 429:
        case 503: return ErrorKind::throttled;
        case 307:  // a new bucket, until its name is known everywhere
        case 408: return ErrorKind::server;
        default: break;
    }
    if (status >= 500) return ErrorKind::server;
    return std::nullopt;
}

bool may_be_elsewhere(int status, std::string_view code, bool to_head, bool named_another) {
    return status == 301 || status == 307 || status == 308 ||
           is_any(code, {"AuthorizationHeaderMalformed", "IllegalLocationConstraintException",
                         "PermanentRedirect", "TemporaryRedirect"}) ||
           // S3's only sign, for a HEAD. Expired credentials look the same, but for the region.
           (status == 400 && to_head && named_another);
}

std::string describe(int status, const S3Fault& fault) {
    if (fault.code.empty()) return "HTTP " + std::to_string(status) + " without an explanation";
    std::string text = fault.code;
    if (!fault.message.empty()) text += ": " + fault.message;
    if (fault.code == "RequestTimeTooSkewed")
        text += " The clock of this machine is wrong; signatures follow the store's.";
    return text;
}

std::string describe_stranger(int status, std::string_view body, std::string_view content_type) {
    std::string text = "HTTP " + std::to_string(status) + ", but not S3's XML";
    if (!content_type.empty()) text += " (" + printable(content_type, quote_limit) + ")";
    return text + ": \"" + printable(body, quote_limit) + "\"";
}

}  // namespace

Error judge(const Refusal& answer) {
    const int status = answer.status;
    const std::string_view body = answer.to_head ? std::string_view() : answer.body;
    const auto parsed = parse_fault(body);
    const S3Fault fault = parsed.value_or(S3Fault{});
    const std::string region =
        answer.bucket_region.empty() ? fault.region : printable(answer.bucket_region, quote_limit);
    const bool strange = !parsed && !body.empty();

    ErrorKind kind;
    if (!region.empty() &&
        may_be_elsewhere(status, fault.code, answer.to_head, region != answer.own_region)) {
        kind = ErrorKind::wrong_region;
    } else if (const auto by_code = kind_of_code(fault.code)) {
        kind = *by_code;
    } else if (const auto by_status = kind_of_status(status)) {
        kind = *by_status;
    } else if (strange || (!parsed && status < 300)) {
        kind = ErrorKind::not_s3;
    } else if (status == 401 || status == 403) {
        kind = ErrorKind::access_denied;
    } else if (status == 404 && !parsed) {
        kind = ErrorKind::object_not_found;
    } else {
        kind = ErrorKind::request_refused;
    }

    Error error(kind, strange ? describe_stranger(status, body, answer.content_type)
                              : describe(status, fault));
    error.status = status;
    error.code = fault.code;
    error.request_id =
        answer.request_id.empty() ? fault.request_id : printable(answer.request_id, 128);
    if (kind == ErrorKind::wrong_region) error.region = region;
    error.retry_after = parse_retry_after(answer.retry_after, answer.date);
    return error;
}

}  // namespace s3pipes
