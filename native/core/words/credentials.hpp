// Credentials as one request needs them.
#pragma once

#include <string>

namespace s3pipes {

// Printed nowhere: no operator<<, and no error message may quote a field.
struct Credentials {
    std::string access_key;
    std::string secret_key;
    std::string session_token;  // empty for long-lived keys

    bool operator==(const Credentials&) const = default;
};

}  // namespace s3pipes
