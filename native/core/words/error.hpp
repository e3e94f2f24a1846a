// What can go wrong, named by what the caller can do about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace s3pipes {

enum class ErrorKind : std::uint8_t {
    // One attempt failed; another may succeed.
    connection,           // name look-up, connect, reset, a body that ended early
    timeout,              // connect took too long, or no byte came for too long
    throttled,            // 429, 503 SlowDown and their kin
    server,               // 5xx, 408
    checksum_mismatch,    // the bytes are not those whose checksum the store holds
    expired_credentials,  // ExpiredToken and its kin: new credentials may help
    wrong_region,         // 301, 307 or 400 that names the bucket's region
    // The answer cannot be right, but the next one may be.
    not_s3,        // an answer that is not S3's: HTML, or XML of another kind
    bad_response,  // breaks HTTP, or contradicts the request
    // No attempt can succeed.
    wrong_scheme,   // TLS spoken to who speaks none, or the other way round
    certificate,    // TLS verification failed
    access_denied,  // 401, 403
    bucket_not_found,
    object_not_found,
    object_changed,         // If-Match failed, or size or ETag differ from what was promised
    range_not_satisfiable,  // 416
    request_refused,        // any other 4xx
    config,                 // the request could not even be made
    cancelled,              // the reader went away
};

// The kind's name in snake case: how Python tells them apart.
const char* name_of(ErrorKind kind) noexcept;

// True where another attempt may succeed without the user doing anything.
constexpr bool is_transient(ErrorKind kind) noexcept {
    return kind == ErrorKind::connection || kind == ErrorKind::timeout ||
           kind == ErrorKind::throttled || kind == ErrorKind::server ||
           kind == ErrorKind::checksum_mismatch;
}

// Some balancer, proxy or cache between us and the store may have answered: few attempts tell
// whether it always does.
constexpr bool is_doubtful(ErrorKind kind) noexcept {
    return kind == ErrorKind::not_s3 || kind == ErrorKind::bad_response;
}

// Why requests go where they go, for who must set it right.
struct Whence {
    std::string endpoint_url;  // as it was set, or as it follows from the region
    std::string sentence;      // "The endpoint comes from ..."
};

// What one attempt saw. The engine adds where and how often before a user sees it. Holds no secret:
// neither credentials nor a signed header may ever be put into `message`.
struct Error : std::exception {
    ErrorKind kind;
    std::string message;
    int status = 0;          // HTTP status; 0 where no response came
    std::string code;        // S3's own word, "SlowDown"; empty where there is none
    std::string request_id;  // x-amz-request-id
    std::string region;      // with wrong_region: where the bucket is
    std::optional<std::chrono::milliseconds> retry_after;  // what the server asked for
    std::uint64_t from = 0;  // mark of the address that failed; 0 where there is no other
    bool mute = false;       // the peer took the connection and said nothing, ever
    std::shared_ptr<const Whence> whence;  // of what could not be reached; null where it was

    Error(ErrorKind kind_, std::string message_) : kind(kind_), message(std::move(message_)) {}
    const char* what() const noexcept override { return message.c_str(); }
};

}  // namespace s3pipes
