#include "core/s3/sigv4.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <vector>

#include "core/s3/sha256.hpp"
#include "core/s3/timestamp.hpp"
#include "core/words/error.hpp"
#include "core/words/request_text.hpp"

namespace s3pipes {
namespace {

constexpr std::size_t block_bytes = 64;  // of SHA-256, as HMAC needs it
constexpr std::size_t date_bytes = 8;    // "20130524" of "20130524T000000Z"
constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

[[noreturn]] void refuse(const char* why) {
    throw Error(ErrorKind::config, why);
}

// Both below want `headers` sorted by name; equal names become one, their values in order.
void append_names(std::string& out, std::span<const HeaderView> headers) {
    for (std::size_t i = 0; i < headers.size(); ++i) {
        if (i != 0 && headers[i].first == headers[i - 1].first) continue;
        if (i != 0) out += ';';
        out += headers[i].first;
    }
}

void append_value(std::string& out, std::string_view value) {
    // Session tokens are long, and hold no blank.
    unsigned blanks = 0;
    for (const char c : value) blanks += static_cast<unsigned char>(c) <= ' ';
    if (blanks == 0) {
        out += value;
        return;
    }
    const std::size_t begin = out.size();
    bool gap = false;
    for (const char c : value) {
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            gap = out.size() != begin;
            continue;
        }
        if (gap) out += ' ';
        gap = false;
        out += c;
    }
}

void append_canonical(std::string& out, std::string_view method, std::string_view path,
                      std::string_view query, std::span<const HeaderView> headers,
                      std::string_view header_names, std::string_view payload_sha256) {
    out += method;
    out += '\n';
    out += path.empty() ? "/" : path;
    out += '\n';
    out += query;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        if (i != 0 && headers[i].first == headers[i - 1].first) {
            out += ',';
        } else {
            out += '\n';
            out += headers[i].first;
            out += ':';
        }
        append_value(out, headers[i].second);
    }
    out += "\n\n";
    out += header_names;
    out += '\n';
    out += payload_sha256;
}

void sort_by_name(std::span<HeaderView> headers) {
    // Few, and nearly in order: insertion needs no memory, and keeps equal names in order.
    for (std::size_t i = 1; i < headers.size(); ++i)
        for (std::size_t j = i; j > 0 && headers[j].first < headers[j - 1].first; --j)
            std::swap(headers[j], headers[j - 1]);
}

bool fits_in_header(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

std::string canonical_request(std::string_view method, std::string_view path,
                              std::string_view query, std::span<const HeaderView> headers,
                              std::string_view payload_sha256) {
    std::vector<HeaderView> sorted(headers.begin(), headers.end());
    sort_by_name(sorted);
    std::string names, out;
    append_names(names, sorted);
    append_canonical(out, method, path, query, sorted, names, payload_sha256);
    return out;
}

std::string signed_header_names(std::span<const HeaderView> headers) {
    std::vector<HeaderView> sorted(headers.begin(), headers.end());
    sort_by_name(sorted);
    std::string names;
    append_names(names, sorted);
    return names;
}

struct Signer::State {
    SigningScope scope;
    Credentials credentials;  // those the two hashes below were made from
    std::string day;
    Sha256 inner, outer;  // HMAC with the signing key, before its first byte
    Sha256 work;
    std::int64_t now = -1;
    std::string timestamp;                                 // of `now`
    std::string scope_line;                                // "20130524/us-east-1/s3/aws4_request"
    std::string canonical, names, to_sign, authorization;  // kept for their capacity
    std::vector<HeaderView> headers;

    ~State() { OPENSSL_cleanse(credentials.secret_key.data(), credentials.secret_key.size()); }

    void set_time(std::int64_t seconds) {
        if (seconds == now && !timestamp.empty()) return;
        timestamp = format_amz_date(seconds);
        now = seconds;
    }

    void set_key(const Credentials& given) {
        const auto today = std::string_view(timestamp).substr(0, date_bytes);
        if (today == day && given == credentials) return;
        if (!fits_in_header(given.access_key) || !fits_in_header(given.session_token))
            refuse("the access key or the session token has a character no header may hold");
        day.clear();  // nothing is cached, should a step below fail
        OPENSSL_cleanse(credentials.secret_key.data(), credentials.secret_key.size());
        credentials = given;

        std::string first = "AWS4" + given.secret_key;
        Digest key = hmac_sha256(first, today);
        OPENSSL_cleanse(first.data(), first.size());
        for (const std::string_view part :
             {std::string_view(scope.region), std::string_view(scope.service),
              std::string_view("aws4_request")})
            key = hmac_sha256(bytes_of(key), part);

        const auto absorb = [&key](Sha256& hash, char pad) {
            std::array<char, block_bytes> block;
            block.fill(pad);
            for (std::size_t i = 0; i < key.size(); ++i)
                block[i] = static_cast<char>(block[i] ^ static_cast<char>(key[i]));
            hash.start();
            hash.add({block.data(), block.size()});
            OPENSSL_cleanse(block.data(), block.size());
        };
        absorb(inner, 0x36);
        absorb(outer, 0x5c);
        OPENSSL_cleanse(key.data(), key.size());
        scope_line.assign(today).append("/").append(scope.region).append("/");
        scope_line.append(scope.service).append("/aws4_request");
        day = today;
    }

    // Time and key are set.
    void append_authorization(std::string& out, std::string_view canonical_text,
                              std::string_view header_names) {
        work.start();
        work.add(canonical_text);
        to_sign.assign(algorithm).append("\n").append(timestamp).append("\n");
        to_sign.append(scope_line).append("\n");
        append_hex(to_sign, work.finish());

        work.start_as(inner);
        work.add(to_sign);
        const Digest half = work.finish();
        work.start_as(outer);
        work.add(bytes_of(half));

        out.append(algorithm).append(" Credential=").append(credentials.access_key).append("/");
        out.append(scope_line).append(",SignedHeaders=").append(header_names);
        out.append(",Signature=");
        append_hex(out, work.finish());
    }
};

Signer::Signer(SigningScope scope) : state_(std::make_unique<State>()) {
    state_->scope = std::move(scope);
}
Signer::~Signer() = default;
Signer::Signer(Signer&&) noexcept = default;
Signer& Signer::operator=(Signer&&) noexcept = default;

const SigningScope& Signer::scope() const noexcept {
    return state_->scope;
}

void Signer::sign(std::string& head, std::string_view method, std::string_view path,
                  std::string_view query, std::string_view host,
                  std::span<const HeaderView> signed_headers, const Credentials& credentials,
                  std::int64_t now, std::string_view payload_sha256) {
    if (credentials.access_key.empty()) return;
    State& s = *state_;
    s.set_time(now);
    s.set_key(credentials);

    s.headers.assign(signed_headers.begin(), signed_headers.end());
    s.headers.emplace_back("host", host);
    s.headers.emplace_back("x-amz-content-sha256", payload_sha256);
    s.headers.emplace_back("x-amz-date", s.timestamp);
    if (!credentials.session_token.empty())
        s.headers.emplace_back("x-amz-security-token", credentials.session_token);
    sort_by_name(s.headers);
    s.names.clear();
    append_names(s.names, s.headers);
    s.canonical.clear();
    append_canonical(s.canonical, method, path, query, s.headers, s.names, payload_sha256);

    append_field(head, "x-amz-date", s.timestamp);
    append_field(head, "x-amz-content-sha256", payload_sha256);
    if (!credentials.session_token.empty())
        append_field(head, "x-amz-security-token", credentials.session_token);
    s.authorization.clear();
    s.append_authorization(s.authorization, s.canonical, s.names);
    append_field(head, "Authorization", s.authorization);
}

std::string Signer::authorization(std::string_view canonical, std::string_view header_names,
                                  const Credentials& credentials, std::int64_t now) {
    state_->set_time(now);
    state_->set_key(credentials);
    std::string out;
    state_->append_authorization(out, canonical, header_names);
    return out;
}

}  // namespace s3pipes
