#include "core/s3/uri.hpp"

#include <array>
#include <cstddef>

namespace s3pipes {
namespace {

constexpr std::array<bool, 256> table_of_kept(std::string_view marks) {
    std::array<bool, 256> kept{};
    for (unsigned char c = 'A'; c <= 'Z'; ++c) kept[c] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) kept[c] = true;
    for (unsigned char c = '0'; c <= '9'; ++c) kept[c] = true;
    for (char c : marks) kept[static_cast<unsigned char>(c)] = true;
    return kept;
}

constexpr auto kept_in_path = table_of_kept("-._~/");
constexpr auto kept_in_query = table_of_kept("-._~");

std::string encode(std::string_view text, const std::array<bool, 256>& kept) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (kept[byte]) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

}  // namespace

int hex_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    return -1;
}

std::string encode_path(std::string_view key) {
    return encode(key, kept_in_path);
}

std::string encode_query(std::string_view value) {
    return encode(value, kept_in_query);
}

std::string decode_form(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '%' && i + 2 < value.size()) {
            const int high = hex_value(value[i + 1]);
            const int low = hex_value(value[i + 2]);
            if (high >= 0 && low >= 0) {
                out += static_cast<char>(high * 16 + low);
                i += 2;
                continue;
            }
        }
        out += value[i] == '+' ? ' ' : value[i];
    }
    return out;
}

}  // namespace s3pipes
