// What a bucket and a key may be called.
#pragma once

#include <string>
#include <string_view>

namespace s3pipes::sim {

bool is_bucket_name(std::string_view name) noexcept;

// Throws KeyTooLongError, or InvalidURI where it is no UTF-8.
void check_key(std::string_view key);

// As encoding-type=url has it: a space becomes '+'.
std::string encode_listed(std::string_view name);

// "bucket/a/b/" of "a/b/c": what S3 counts requests by.
std::string rate_prefix(std::string_view bucket, std::string_view key);

}  // namespace s3pipes::sim
