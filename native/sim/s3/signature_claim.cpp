#include "sim/s3/signature_claim.hpp"

#include <algorithm>
#include <vector>

#include "core/s3/timestamp.hpp"
#include "sim/s3/dates.hpp"
#include "sim/s3/digits.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/letters.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::uint64_t longest_presigned_s = 7 * 24 * 3600;

[[noreturn]] void refuse(const SignatureClaim& claim, const std::string& why) {
    if (claim.presigned) throw Fault(code::authorization_query, why);
    throw Fault(code::authorization_malformed, "The authorization header is malformed; " + why);
}

[[noreturn]] void refuse_mechanism() {
    throw Fault(code::invalid_request,
                "The authorization mechanism you have provided is not supported. Please use "
                "AWS4-HMAC-SHA256.");
}

// "access/key/20130524/us-east-1/s3/aws4_request": the access key may hold slashes.
void read_credential(SignatureClaim& claim, std::string_view credential) {
    std::vector<std::string_view> parts;
    for (int i = 0; i < 4; ++i) {
        const auto slash = credential.rfind('/');
        if (slash == credential.npos) break;
        parts.push_back(credential.substr(slash + 1));
        credential = credential.substr(0, slash);
    }
    if (parts.size() != 4 || credential.empty())
        refuse(claim,
               "the Credential is mal-formed; expecting "
               "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
    if (parts[0] != "aws4_request")
        refuse(claim, "incorrect terminal. This endpoint expects \"aws4_request\".");
    if (parts[1] != "s3") refuse(claim, "incorrect service. This endpoint belongs to \"s3\".");
    claim.access_key = credential;
    claim.day = parts[3];
    claim.region = parts[2];
    claim.scope = claim.day + "/" + claim.region + "/s3/aws4_request";
}

void read_time(SignatureClaim& claim, std::string_view text) {
    claim.time_s = parse_amz_date(text);
    if (claim.time_s == 0) claim.time_s = parse_http_date(text);
    if (claim.time_s == 0)
        throw Fault(code::access_denied,
                    "AWS authentication requires a valid Date or x-amz-date header");
    claim.timestamp = format_amz_date(claim.time_s);
    if (!claim.timestamp.starts_with(claim.day + "T"))
        refuse(claim, "Invalid credential date \"" + claim.day +
                          "\". This date is not the same as X-Amz-Date: \"" +
                          claim.timestamp.substr(0, 8) + "\".");
}

SignatureClaim from_header(const Call& call, std::string_view authorization) {
    SignatureClaim claim;
    if (authorization.starts_with("AWS ")) refuse_mechanism();
    if (!authorization.starts_with(algorithm))
        throw Fault(code::invalid_argument, "Unsupported Authorization Type")
            .with("ArgumentName", "Authorization");
    auto rest = authorization.substr(algorithm.size());
    if (rest.empty() || rest[0] != ' ') refuse_mechanism();
    std::string_view credential;
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        const auto field = trimmed(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        const auto equals = std::min(field.find('='), field.size());
        const auto name = field.substr(0, equals);
        const auto value = field.substr(std::min(equals + 1, field.size()));
        if (name == "Credential") credential = value;
        if (name == "SignedHeaders") claim.signed_headers = value;
        if (name == "Signature") claim.signature = value;
    }
    read_credential(claim, credential);
    if (claim.signed_headers.empty()) refuse(claim, "missing SignedHeaders.");
    if (claim.signature.empty()) refuse(claim, "missing Signature.");
    read_time(claim, call.header("x-amz-date").value_or(call.header("date").value_or("")));
    claim.token = call.header("x-amz-security-token").value_or("");
    const auto payload = call.header("x-amz-content-sha256");
    if (!payload)
        throw Fault(code::invalid_request,
                    "Missing required header for this request: x-amz-content-sha256");
    claim.payload = *payload;
    return claim;
}

SignatureClaim from_query(const Call& call) {
    SignatureClaim claim;
    claim.presigned = true;
    const auto& query = call.query;
    if (query.get("X-Amz-Algorithm") != algorithm)
        refuse(claim, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
    for (const auto* name : {"X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
                             "X-Amz-SignedHeaders", "X-Amz-Signature"})
        if (query.get(name).value_or("").empty())
            refuse(claim,
                   "Query-string authentication version 4 requires the X-Amz-Algorithm, "
                   "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
                   "X-Amz-Expires parameters.");
    read_credential(claim, *query.get("X-Amz-Credential"));
    const auto lasts = parse_number(*query.get("X-Amz-Expires"));
    if (!lasts) refuse(claim, "X-Amz-Expires should be a number");
    if (*lasts > longest_presigned_s)
        refuse(claim,
               "X-Amz-Expires must be less than a week (in seconds); that is, the given "
               "X-Amz-Expires must be less than 604800 seconds");
    claim.lasts_s = static_cast<std::int64_t>(*lasts);
    claim.signed_headers = *query.get("X-Amz-SignedHeaders");
    claim.signature = *query.get("X-Amz-Signature");
    read_time(claim, *query.get("X-Amz-Date"));
    claim.token = query.get("X-Amz-Security-Token").value_or("");
    claim.payload = call.header("x-amz-content-sha256").value_or("UNSIGNED-PAYLOAD");
    return claim;
}

}  // namespace

SignatureClaim read_claim(const Call& call) {
    const auto authorization = call.header("authorization");
    const bool in_query = call.query.has("X-Amz-Algorithm");
    if (authorization && in_query)
        throw Fault(code::invalid_argument,
                    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
                    "Signature query string parameter or the Authorization header should be "
                    "specified");
    if (authorization) return from_header(call, *authorization);
    if (in_query) return from_query(call);
    if (call.query.has("Signature") && call.query.has("AWSAccessKeyId")) refuse_mechanism();
    throw Fault(code::access_denied);
}

}  // namespace s3pipes::sim
