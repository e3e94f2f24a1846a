// Why a request was sent again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/words/error.hpp"

namespace s3pipes {

enum class RetryCause : std::uint8_t {
    connection,
    timeout,
    throttled,
    server,
    expired_credentials,
    wrong_region,
    lie,       // the answer contradicts its request, or is not one of S3's
    checksum,  // the bytes contradict the checksum that the store holds for them
};

// As stats() calls them, in order.
inline constexpr std::array<const char*, 8> retry_cause_names = {
    "connection",          "timeout",      "throttled", "server",
    "expired_credentials", "wrong_region", "lie",       "checksum"};

constexpr RetryCause cause_of(ErrorKind kind) noexcept {
    switch (kind) {
        case ErrorKind::connection: return RetryCause::connection;
        case ErrorKind::timeout: return RetryCause::timeout;
        case ErrorKind::throttled: return RetryCause::throttled;
        case ErrorKind::server: return RetryCause::server;
        case ErrorKind::expired_credentials: return RetryCause::expired_credentials;
        case ErrorKind::wrong_region: return RetryCause::wrong_region;
        case ErrorKind::checksum_mismatch: return RetryCause::checksum;
        default: return RetryCause::lie;
    }
}

}  // namespace s3pipes
