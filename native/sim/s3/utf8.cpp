#include "sim/s3/utf8.hpp"

#include <cstdint>

namespace s3pipes::sim {

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

}  // namespace s3pipes::sim
