// Points in time as HTTP and S3 write them; all in seconds since 1970 UTC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace s3pipes {

// "Sun, 06 Nov 1994 08:49:37 GMT"; 0 where it is anything else.
std::int64_t parse_http_date(std::string_view value);

// "2009-10-12T17:50:30.000Z", a fraction or an offset from UTC allowed; 0 where it is anything
// else.
std::int64_t parse_iso8601(std::string_view value);

// "20130524T000000Z", as SigV4 wants it.
std::string format_amz_date(std::int64_t seconds);

}  // namespace s3pipes
