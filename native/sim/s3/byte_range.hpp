// The header Range.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/words/object.hpp"

namespace s3pipes::sim {

// Which bytes of an object of `size` are asked for; nullopt where the header is one that S3 passes
// over (several ranges, another unit, no sense). Throws InvalidRange where there are no such bytes.
std::optional<ByteRange> parse_range(std::string_view header, std::uint64_t size);

}  // namespace s3pipes::sim
