#include "sim/program/objects.hpp"

#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace s3pipes::sim {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 4> units{
    {{"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}}};

[[noreturn]] void refuse(std::string_view text) {
    throw std::invalid_argument(
        "objects are described as BUCKET/PATTERN:COUNT:SIZE[~SIGMA][@CHECKSUM], not '" +
        std::string(text) + "'");
}

double number(std::string_view text, std::string_view whole) {
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size() || !(value >= 0)) refuse(whole);
    return value;
}

// Cuts off what is behind the last `mark`.
std::string_view cut(std::string_view& text, char mark, std::string_view whole) {
    const auto at = text.rfind(mark);
    if (at == text.npos) refuse(whole);
    const auto behind = text.substr(at + 1);
    text = text.substr(0, at);
    return behind;
}

}  // namespace

Objects Objects::parse(std::string_view text) {
    Objects out;
    std::string_view left = text;
    std::string_view size = cut(left, ':', text);
    if (size.find('@') != size.npos) {
        const auto name = cut(size, '@', text);
        out.summed_by = algorithm_named(name);
        if (!out.summed_by && name != "none") refuse(text);
    }
    if (size.find('~') != size.npos) out.sigma = number(cut(size, '~', text), text);
    double unit = 1;
    for (const auto& [name, bytes] : units) {
        if (!size.ends_with(name)) continue;
        unit = bytes;
        size.remove_suffix(name.size());
    }
    out.size_bytes = static_cast<std::uint64_t>(number(size, text) * unit);
    out.count = static_cast<std::uint64_t>(number(cut(left, ':', text), text));
    const auto slash = left.find('/');
    if (slash == left.npos || slash == 0 || slash + 1 == left.size()) refuse(text);
    out.bucket = left.substr(0, slash);
    out.pattern = left.substr(slash + 1);
    const auto close = out.pattern.find('}');
    if (close != out.pattern.npos && close > 0 && out.pattern[close - 1] != 'd') {
        out.pattern.insert(close, "d");
    }
    return out;
}

}  // namespace s3pipes::sim
