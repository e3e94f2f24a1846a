#include "sim/mishaps/instead.hpp"

#include <string>

#include "sim/s3/dates.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::string_view page =
    "<!DOCTYPE html>\n<html>\n<head><title>Sign in</title></head>\n<body>\n"
    "<h1>Sign in to this network</h1>\n<p>Your session has ended.</p>\n</body>\n</html>\n";

// As S3 has them, or the proxies before it.
Code usual(unsigned status) {
    switch (status) {
        case 403: return code::access_denied;
        case 404: return code::no_such_key;
        case 408:
            return {"RequestTimeout", status,
                    "Your socket connection to the server was not "
                    "read from or written to within the timeout period."};
        case 429: return {"TooManyRequests", status, "Please reduce your request rate."};
        case 500: return code::internal_error;
        case 502: return {"BadGateway", status, "Bad gateway."};
        case 503: return code::slow_down;
        case 504: return {"GatewayTimeout", status, "The gateway has waited for too long."};
        default: return {"Fault", status, "This fault was asked for."};
    }
}

Fault status_fault(const Manner& manner) {
    Code what = usual(manner.status == 0 ? 500 : manner.status);
    if (!manner.code.empty()) what.name = manner.code.c_str();  // outlives the answer's making
    Fault fault(what, manner.message.empty() ? what.message : manner.message);
    if (!manner.retry_after.empty()) fault.header("Retry-After", manner.retry_after);
    return fault;
}

// 301 leaves the client without a place to go, unless it is told the region; 307 names one.
Fault redirect_fault(const Manner& manner, const Request& request, bool tls) {
    const bool permanent = manner.status == 0 || manner.status == 301;
    const std::string host(request.header("Host").value_or("localhost"));
    Fault fault(permanent
                    ? Code{"PermanentRedirect", 301,
                           "The bucket you are attempting to access must be addressed using the "
                           "specified endpoint. Please send all future requests to this endpoint."}
                    : Code{"TemporaryRedirect", manner.status,
                           "Please re-send this request to the specified temporary endpoint. "
                           "Continue to use the original request endpoint for future requests."});
    fault.with("Endpoint", host.substr(0, host.find(':')));
    if (!manner.region.empty()) fault.header("x-amz-bucket-region", manner.region);
    if (!manner.location.empty()) {
        fault.header("Location", manner.location);
    } else if (!permanent) {
        fault.header("Location", (tls ? "https://" : "http://") + host + request.target);
    }
    return fault;
}

}  // namespace

Fault fault_instead(const Hit& hit, const Request& request, std::int64_t now_s, bool tls) {
    switch (hit.kind) {
        case Mishap::status: return status_fault(hit.manner);
        case Mishap::redirect: return redirect_fault(hit.manner, request, tls);
        case Mishap::skewed:
            return Fault(code::time_skewed)
                .with("RequestTime", request.header("x-amz-date").value_or(""))
                .with("ServerTime", iso_date(now_s))
                .with("MaxAllowedSkewMilliseconds", "900000");
        case Mishap::expired_token:
            return Fault(code::expired_token)
                .with("Token-0", request.header("x-amz-security-token").value_or(""));
        default: return Fault(code::internal_error);
    }
}

void finish_instead(Framed& framed, const Hit& hit) {
    Answer& answer = framed.answer;
    if (hit.kind == Mishap::error_200) answer.status = 200;
    if (hit.kind != Mishap::html) return;
    unmark(framed);
    answer.status = 200;
    answer.headers = {{"Content-Type", "text/html; charset=utf-8"}};
    answer.text = page;
}

}  // namespace s3pipes::sim
