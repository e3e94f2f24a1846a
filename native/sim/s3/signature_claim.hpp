// What a request says of its own signature, in its header or (presigned) in its query.
#pragma once

#include <optional>
#include <string>

#include "sim/s3/call.hpp"

namespace s3pipes::sim {

struct SignatureClaim {
    bool presigned = false;
    std::string access_key, day, region;
    std::string scope;           // "20130524/us-east-1/s3/aws4_request"
    std::string signed_headers;  // "host;x-amz-date"
    std::string signature;
    std::string timestamp;
    std::int64_t time_s = 0;
    std::int64_t lasts_s = 0;  // presigned: how long from then on
    std::string token;         // of the session; empty where there is none
    std::string payload;       // what stands for the body in the canonical request
};

// Throws AccessDenied where there is none, and S3's fault where it is malformed.
SignatureClaim read_claim(const Call& call);

}  // namespace s3pipes::sim
