#include "sim/s3/names.hpp"

#include <algorithm>
#include <cstdint>

#include "core/s3/uri.hpp"
#include "sim/s3/fault.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::size_t longest_key = 1024;

bool is_utf8(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t size = lead < 0x80                   ? 1
                                 : lead >= 0xc2 && lead < 0xe0 ? 2
                                 : lead >= 0xe0 && lead < 0xf0 ? 3
                                 : lead >= 0xf0 && lead < 0xf5 ? 4
                                                               : 0;
        if (size == 0 || size > text.size() - i) return false;
        std::uint32_t point = size == 1 ? lead : lead & (0xffu >> (size + 1));
        for (std::size_t j = 1; j < size; ++j) {
            const auto byte = static_cast<unsigned char>(text[i + j]);
            if ((byte & 0xc0) != 0x80) return false;
            point = point << 6 | (byte & 0x3f);
        }
        const bool surrogate = point >= 0xd800 && point < 0xe000;
        const bool longer_than_needed =
            (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
        if (surrogate || longer_than_needed || point > 0x10ffff) return false;
        i += size;
    }
    return true;
}

}  // namespace

bool is_bucket_name(std::string_view name) noexcept {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (name.size() < 3 || name.size() > 63 || !plain(name.front()) || !plain(name.back()))
        return false;
    return name.find("..") == name.npos && std::all_of(name.begin(), name.end(), [&](char c) {
               return plain(c) || c == '-' || c == '.';
           });
}

void check_key(std::string_view key) {
    if (key.size() > longest_key)
        throw Fault(code::key_too_long)
            .with("Size", std::to_string(key.size()))
            .with("MaxSizeAllowed", std::to_string(longest_key));
    if (!is_utf8(key)) throw Fault(code::invalid_uri);
}

std::string encode_listed(std::string_view name) {
    const auto encoded = encode_path(name);
    std::string out;
    for (std::string_view rest = encoded; !rest.empty();) {
        const bool space = rest.starts_with("%20");
        out += space ? '+' : rest[0];
        rest.remove_prefix(space ? 3 : 1);
    }
    return out;
}

std::string rate_prefix(std::string_view bucket, std::string_view key) {
    const auto slash = key.rfind('/');
    std::string out(bucket);
    out += '/';
    if (slash != key.npos) out += key.substr(0, slash + 1);
    return out;
}

}  // namespace s3pipes::sim
