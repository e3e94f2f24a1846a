// What an answer that is no success means: the one place where status and code become an ErrorKind.
#pragma once

#include <string_view>

#include "core/words/error.hpp"

namespace s3pipes {

// `body` is the error body (a HEAD has none and its body is not looked at); the other arguments are
// the headers Content-Type, x-amz-request-id, x-amz-bucket-region and Retry-After, empty where
// missing. A 200 that should have been S3's XML and is not may be judged too.
// wrong_region always names a region; whether it differs from the one asked is for the caller to
// see.
Error judge(int status, std::string_view body, std::string_view content_type,
            std::string_view request_id, std::string_view bucket_region,
            std::string_view retry_after, bool is_head_request);

}  // namespace s3pipes
