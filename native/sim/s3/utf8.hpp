// Whether bytes are text.
#pragma once

#include <string_view>

namespace s3pipes::sim {

bool is_utf8(std::string_view text) noexcept;

}  // namespace s3pipes::sim
