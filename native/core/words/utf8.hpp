// Text as characters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace s3pipes {

// nullopt where the bytes are no UTF-8: cut short, longer than need be, surrogates, beyond Unicode.
std::optional<std::u32string> from_utf8(std::string_view bytes);

// Of characters that from_utf8 gave.
std::string to_utf8(std::u32string_view text);

}  // namespace s3pipes
