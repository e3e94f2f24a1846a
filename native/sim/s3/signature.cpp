#include "sim/s3/signature.hpp"

#include <algorithm>
#include <vector>

#include "core/s3/sha256.hpp"
#include "core/s3/sigv4.hpp"
#include "core/s3/uri.hpp"
#include "sim/s3/dates.hpp"
#include "sim/s3/digest.hpp"
#include "sim/s3/digits.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/letters.hpp"
#include "sim/s3/signature_claim.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::int64_t most_skew_s = 15 * 60;
constexpr std::size_t most_cached_keys = 256;

void check_time(const SignatureClaim& claim, std::int64_t now_s) {
    const auto later_s = now_s - claim.time_s;
    if (!claim.presigned) {
        if (later_s <= most_skew_s && later_s >= -most_skew_s) return;
        throw Fault(code::time_skewed)
            .with("RequestTime", claim.timestamp)
            .with("ServerTime", iso_date(now_s))
            .with("MaxAllowedSkewMilliseconds", std::to_string(most_skew_s * 1000));
    }
    if (later_s < -most_skew_s) throw Fault(code::access_denied, "Request is not yet valid");
    if (later_s > claim.lasts_s)
        throw Fault(code::request_expired)
            .with("X-Amz-Expires", std::to_string(claim.lasts_s))
            .with("Expires", iso_date(claim.time_s + claim.lasts_s))
            .with("ServerTime", iso_date(now_s));
}

// When the session ends that the token is of; nullopt where it is no such token.
std::optional<std::uint64_t> end_of_session(std::string_view token, const ServiceRules& rules) {
    if (rules.session_mark.empty() || !token.starts_with(rules.session_mark)) return std::nullopt;
    return parse_number(token.substr(rules.session_mark.size()));
}

const Credentials& credentials_of(const SignatureClaim& claim, const ServiceRules& rules,
                                  std::int64_t now_s) {
    for (const auto& keys : rules.keys) {
        if (keys.access_key != claim.access_key) continue;
        if (keys.session_token == claim.token) return keys;
        if (const auto end_s = end_of_session(claim.token, rules)) {
            if (now_s < static_cast<std::int64_t>(std::min<std::uint64_t>(*end_s, 1ull << 62))) {
                return keys;
            }
            throw Fault(code::expired_token).with("Token-0", claim.token);
        }
        // Keys that last for a session are unknown without its token.
        if (!claim.token.empty()) throw Fault(code::invalid_token);
    }
    throw Fault(code::invalid_access_key).with("AWSAccessKeyId", claim.access_key);
}

std::string canonical_query(const Call& call, bool presigned) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& [name, value] : call.query.pairs())
        if (!presigned || name != "X-Amz-Signature")
            pairs.emplace_back(encode_query(name), encode_query(value));
    std::sort(pairs.begin(), pairs.end());
    std::string out;
    for (const auto& [name, value] : pairs) {
        if (!out.empty()) out += '&';
        out.append(name).append("=").append(value);
    }
    return out;
}

// The request as its sender must have put it before signing.
std::string canonical(const Call& call, const SignatureClaim& claim) {
    std::vector<std::string> names;
    std::string_view rest = claim.signed_headers;
    while (!rest.empty()) {
        const auto end = std::min(rest.find(';'), rest.size());
        names.push_back(lowered(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const auto is_signed = [&](std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    std::vector<HeaderView> headers;
    std::string missing = is_signed("host") ? "" : "host";
    std::vector<std::string> lower_names;
    lower_names.reserve(call.request.headers.size());
    for (const auto& [name, value] : call.request.headers) {
        const auto& lower_name = lower_names.emplace_back(lowered(name));
        if (is_signed(lower_name))
            headers.emplace_back(lower_name, trimmed(value));
        else if (lower_name.starts_with("x-amz-") && lower_name != "x-amz-content-sha256")
            missing.append(missing.empty() ? "" : ", ").append(lower_name);
    }
    if (!missing.empty())
        throw Fault(code::access_denied,
                    "There were headers present in the request which were not signed")
            .with("HeadersNotSigned", missing);
    return canonical_request(call.request.method, encode_path(decode_percent(call.raw_path)),
                             canonical_query(call, claim.presigned), headers, claim.payload);
}

std::string spaced_hex(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (!out.empty()) out += ' ';
        out += hex({&c, 1});
    }
    return out;
}

}  // namespace

std::string seal_signature(const Seal& seal, std::string_view string_to_sign) {
    return hex(bytes_of(hmac_sha256(seal.key, string_to_sign)));
}

const std::string& SignatureCheck::signing_key(const Credentials& credentials,
                                               const std::string& day, const std::string& region) {
    const auto name =
        credentials.access_key + "/" + day + "/" + region + "/" + credentials.session_token;
    const auto cached = keys_.find(name);
    if (cached != keys_.end()) return cached->second;
    if (keys_.size() >= most_cached_keys) keys_.clear();
    Digest key = hmac_sha256("AWS4" + credentials.secret_key, day);
    for (const std::string_view part :
         {std::string_view(region), std::string_view("s3"), std::string_view("aws4_request")})
        key = hmac_sha256(bytes_of(key), part);
    return keys_.emplace(name, bytes_of(key)).first->second;
}

Seal SignatureCheck::check(const Call& call, const ServiceRules& rules) {
    auto claim = read_claim(call);
    const auto& credentials = credentials_of(claim, rules, call.now_s);
    if (claim.region != rules.region) {
        const auto why =
            "the region '" + claim.region + "' is wrong; expecting '" + rules.region + "'";
        throw(claim.presigned ? Fault(code::authorization_query,
                                      "Error parsing the X-Amz-Credential parameter; " + why)
                              : Fault(code::authorization_malformed,
                                      "The authorization header is malformed; " + why))
            .with("Region", rules.region)
            .header("x-amz-bucket-region", rules.region);
    }
    check_time(claim, call.now_s);

    Seal seal{signing_key(credentials, claim.day, claim.region), std::move(claim.timestamp),
              std::move(claim.scope), "", claim.payload};
    const auto request = canonical(call, claim);
    const auto to_sign =
        "AWS4-HMAC-SHA256\n" + seal.timestamp + "\n" + seal.scope + "\n" + sha256_hex(request);
    seal.signature = seal_signature(seal, to_sign);
    if (seal.signature != claim.signature)
        throw Fault(code::signature_mismatch)
            .with("AWSAccessKeyId", claim.access_key)
            .with("StringToSign", to_sign)
            .with("SignatureProvided", claim.signature)
            .with("StringToSignBytes", spaced_hex(to_sign))
            .with("CanonicalRequest", request)
            .with("CanonicalRequestBytes", spaced_hex(request));
    return seal;
}

}  // namespace s3pipes::sim
