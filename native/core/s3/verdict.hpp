// What an answer that is no success means: the one place where status and code become an ErrorKind.
#pragma once

#include <string_view>

#include "core/words/error.hpp"

namespace s3pipes {

// An answer, its header fields empty where missing.
struct Refusal {
    int status = 0;
    std::string_view body = {};  // that of a HEAD is not looked at
    std::string_view content_type = {};
    std::string_view request_id = {};     // x-amz-request-id
    std::string_view bucket_region = {};  // x-amz-bucket-region
    std::string_view retry_after = {};    // seconds, or a date...
    std::string_view date = {};           // ...by this clock
    bool to_head = false;                 // the request was a HEAD
    std::string_view own_region = {};     // that of the request; empty where it is unknown
};

// A 200 that should have been S3's XML and is not may be judged too. wrong_region always names a
// region, which differs from own_region where S3 gave no reason.
Error judge(const Refusal& answer);

}  // namespace s3pipes
