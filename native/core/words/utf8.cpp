#include "core/words/utf8.hpp"

namespace s3pipes {

std::optional<std::u32string> from_utf8(std::string_view bytes) {
    std::u32string text;
    text.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size();) {
        const auto lead = static_cast<unsigned char>(bytes[i++]);
        if (lead < 0x80) {
            text += lead;
            continue;
        }
        if (lead < 0xc2 || lead > 0xf4) return std::nullopt;
        const int more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        char32_t point = lead & (0x3f >> more);
        for (int k = 0; k < more; ++k, ++i) {
            if (i == bytes.size() || (bytes[i] & 0xc0) != 0x80) return std::nullopt;
            point = (point << 6) | (bytes[i] & 0x3f);
        }
        const char32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
        if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
            return std::nullopt;
        text += point;
    }
    return text;
}

std::string to_utf8(std::u32string_view text) {
    std::string bytes;
    bytes.reserve(text.size());
    const auto add = [&](char32_t byte) { bytes += static_cast<char>(byte); };
    for (const char32_t point : text) {
        if (point < 0x80) {
            add(point);
        } else if (point < 0x800) {
            add(0xc0 | (point >> 6));
            add(0x80 | (point & 0x3f));
        } else if (point < 0x10000) {
            add(0xe0 | (point >> 12));
            add(0x80 | ((point >> 6) & 0x3f));
            add(0x80 | (point & 0x3f));
        } else {
            add(0xf0 | (point >> 18));
            add(0x80 | ((point >> 12) & 0x3f));
            add(0x80 | ((point >> 6) & 0x3f));
            add(0x80 | (point & 0x3f));
        }
    }
    return bytes;
}

}  // namespace s3pipes
