// The header Content-Range.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/s3/timestamp.hpp"  // parse_http_date: the other header of a body
#include "core/words/object.hpp"

namespace s3pipes {

struct ContentRange {
    ByteRange range;                     // empty for "bytes */100"
    std::optional<std::uint64_t> total;  // the whole object's size; nullopt for "bytes 0-9/*"
};

// nullopt where the value breaks RFC 9110, contradicts itself or tells of more than an object can
// hold.
std::optional<ContentRange> parse_content_range(std::string_view value);

}  // namespace s3pipes
