// AWS Signature Version 4 in request headers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/words/credentials.hpp"

namespace s3pipes {

using HeaderView = std::pair<std::string_view, std::string_view>;  // lower-case name, value

// SHA-256 of nothing: the payload of every GET, HEAD and DELETE.
inline constexpr std::string_view empty_payload_sha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct SigningScope {
    std::string region;
    std::string service = "s3";
};

// The canonical request, to be hashed and signed. `path` and `query` come encoded (uri.hpp), the
// query sorted. `headers` are put in order by name here; runs of spaces in a value count as one.
std::string canonical_request(std::string_view method, std::string_view path,
                              std::string_view query, std::span<const HeaderView> headers,
                              std::string_view payload_sha256);

// "host;range;x-amz-date": the names in `headers`, each once, in the order of canonical_request.
std::string signed_header_names(std::span<const HeaderView> headers);

// Signs for one region. Keeps the signing key while secret and day stay the same, so one belongs to
// one store on one thread.
class Signer {
  public:
    explicit Signer(SigningScope scope);
    ~Signer();
    Signer(Signer&&) noexcept;
    Signer& operator=(Signer&&) noexcept;

    const SigningScope& scope() const noexcept;

    // Appends to `head` (request line, Host and `signed_headers` are there already) the lines
    // x-amz-date, x-amz-content-sha256, x-amz-security-token where there is a token, and
    // Authorization. `now` is in seconds since 1970 UTC; `path` and `query` as in
    // canonical_request. Without an access key nothing is appended: an anonymous request.
    // Throws Error{config} where the credentials cannot stand in a header.
    void sign(std::string& head, std::string_view method, std::string_view path,
              std::string_view query, std::string_view host,
              std::span<const HeaderView> signed_headers, const Credentials& credentials,
              std::int64_t now, std::string_view payload_sha256 = empty_payload_sha256);

    // The value of Authorization for a canonical request made elsewhere.
    std::string authorization(std::string_view canonical, std::string_view header_names,
                              const Credentials& credentials, std::int64_t now);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace s3pipes
