#include "sim/s3/request.hpp"

#include "sim/s3/letters.hpp"

namespace s3pipes::sim {

std::optional<std::string_view> Request::header(std::string_view name) const noexcept {
    for (const auto& [key, value] : headers)
        if (same_letters(key, name)) return std::string_view(value);
    return std::nullopt;
}

}  // namespace s3pipes::sim
