// Percent encoding as SigV4 and S3's listings want it.
#pragma once

#include <string>
#include <string_view>

namespace s3pipes {

// Unreserved characters (RFC 3986) and '/' stay, every other byte becomes %XX in upper case.
// Nothing is normalised: to S3 "a//b" and "a/../b" are keys of their own.
std::string encode_path(std::string_view key);

// As encode_path, but '/' is encoded too: for names and values of a query.
std::string encode_query(std::string_view value);

// Undoes encoding-type=url: %XX, and '+' for a space. A broken escape stays as it is.
std::string decode_form(std::string_view value);

// Of a hexadecimal digit, in either case; -1: it is none.
int hex_value(char digit) noexcept;

}  // namespace s3pipes
