// Points in time as S3's answers write them; seconds since 1970 UTC.
#pragma once

#include <cstdint>
#include <string>

namespace s3pipes::sim {

std::string http_date(std::int64_t seconds);  // "Sun, 06 Nov 1994 08:49:37 GMT"
std::string iso_date(std::int64_t seconds);   // "2009-10-12T17:50:30.000Z"

// "20130524T000000Z"; 0 where it is anything else.
std::int64_t parse_amz_date(std::string_view value);

}  // namespace s3pipes::sim
