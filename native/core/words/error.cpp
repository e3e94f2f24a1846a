#include "core/words/error.hpp"

namespace s3pipes {

const char* name_of(ErrorKind kind) noexcept {
    switch (kind) {
        case ErrorKind::connection: return "connection";
        case ErrorKind::timeout: return "timeout";
        case ErrorKind::throttled: return "throttled";
        case ErrorKind::server: return "server";
        case ErrorKind::checksum_mismatch: return "checksum_mismatch";
        case ErrorKind::expired_credentials: return "expired_credentials";
        case ErrorKind::wrong_region: return "wrong_region";
        case ErrorKind::not_s3: return "not_s3";
        case ErrorKind::bad_response: return "bad_response";
        case ErrorKind::wrong_scheme: return "wrong_scheme";
        case ErrorKind::certificate: return "certificate";
        case ErrorKind::access_denied: return "access_denied";
        case ErrorKind::bucket_not_found: return "bucket_not_found";
        case ErrorKind::object_not_found: return "object_not_found";
        case ErrorKind::object_changed: return "object_changed";
        case ErrorKind::range_not_satisfiable: return "range_not_satisfiable";
        case ErrorKind::request_refused: return "request_refused";
        case ErrorKind::config: return "config";
        case ErrorKind::cancelled: return "cancelled";
    }
    return "unknown";
}

}  // namespace s3pipes
