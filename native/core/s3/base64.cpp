#include "core/s3/base64.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace s3pipes {
namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<signed char, 256> values_of_letters() {
    std::array<signed char, 256> values{};
    for (auto& value : values) value = -1;
    for (std::size_t i = 0; i < letters.size(); ++i)
        values[static_cast<unsigned char>(letters[i])] = static_cast<signed char>(i);
    return values;
}

}  // namespace

std::string encode_base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        const auto size = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t j = 0; j < 3; ++j)
            group = group << 8 | (j < size ? static_cast<unsigned char>(bytes[i + j]) : 0u);
        for (std::size_t j = 0; j < 4; ++j)
            out += j <= size ? letters[(group >> (18 - 6 * j)) & 63] : '=';
    }
    return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
    static constexpr auto values = values_of_letters();
    if (text.size() % 4 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const auto group = text.substr(i, 4);
        const bool last = i + 4 == text.size();
        const std::size_t padding = !last ? 0 : group.ends_with("==") ? 2 : group.ends_with('=');
        unsigned bits = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const int value = j < 4 - padding ? values[static_cast<unsigned char>(group[j])] : 0;
            if (value < 0) return std::nullopt;
            bits = bits << 6 | static_cast<unsigned>(value);
        }
        for (std::size_t j = 0; j < 3 - padding; ++j)
            out += static_cast<char>(bits >> (16 - 8 * j));
        if ((bits & ((1u << (8 * padding)) - 1)) != 0) return std::nullopt;
    }
    return out;
}

}  // namespace s3pipes
