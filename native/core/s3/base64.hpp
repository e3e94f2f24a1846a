// Base64 with its padding (RFC 4648, 4), in which S3 writes checksums.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace s3pipes {

std::string encode_base64(std::string_view bytes);
// nullopt where it is none.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace s3pipes
