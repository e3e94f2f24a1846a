#include "core/words/printable.hpp"

namespace s3pipes {

std::string printable(std::string_view text, std::size_t limit) {
    std::string out;
    bool gap = false;
    for (const char c : text) {
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            gap = !out.empty();
            continue;
        }
        if (out.size() + (gap ? 2 : 1) > limit) return out + "...";
        if (gap) out += ' ';
        gap = false;
        out += c > ' ' && c < '\x7f' ? c : '?';
    }
    return out;
}

}  // namespace s3pipes
