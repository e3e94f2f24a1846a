#include "core/records/tar_header.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

namespace s3pipes {

namespace {

// So that no sum of an offset and a size overflows.
constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 62;

std::string at_byte(std::uint64_t offset) {
    return " at byte " + std::to_string(offset);
}

std::string_view field(std::string_view block, std::size_t begin, std::size_t size) {
    return block.substr(begin, size);
}

std::string_view text_field(std::string_view block, std::size_t begin, std::size_t size) {
    const std::string_view whole = field(block, begin, size);
    return whole.substr(0, std::min(whole.find('\0'), whole.size()));
}

// Octal digits between blanks, ended by a blank, a NUL or the field's end; or, with the top bit of
// the first byte set, GNU's big-endian two's complement. Nothing where it is neither.
std::optional<std::uint64_t> number(std::string_view digits) {
    const auto first = static_cast<unsigned char>(digits.front());
    if (first & 0x80) {
        if (first & 0x40) return std::nullopt;  // negative
        std::uint64_t value = first & 0x3f;
        for (char c : digits.substr(1)) {
            if (value > (kMaxSize >> 8)) return std::nullopt;
            value = value << 8 | static_cast<unsigned char>(c);
        }
        return value;
    }
    const auto is_blank = [](char c) { return c == ' ' || c == '\0'; };
    while (!digits.empty() && digits.front() == ' ') digits.remove_prefix(1);
    while (!digits.empty() && is_blank(digits.back())) digits.remove_suffix(1);
    digits = digits.substr(0, std::min(digits.find('\0'), digits.size()));
    std::uint64_t value = 0;
    for (char c : digits) {
        if (c < '0' || c > '7') return std::nullopt;
        value = value << 3 | static_cast<std::uint64_t>(c - '0');  // 12 digits: 36 bits
    }
    return value;
}

// Some old writers summed signed characters.
bool checksum_holds(std::string_view block) {
    const auto stated = number(field(block, 148, 8));
    if (!stated) return false;
    std::int64_t unsigned_sum = 8 * ' ';  // the field itself counts as blanks
    std::int64_t signed_sum = unsigned_sum;
    for (std::size_t at = 0; at < kTarBlockBytes; ++at) {
        if (at >= 148 && at < 156) continue;
        unsigned_sum += static_cast<unsigned char>(block[at]);
        signed_sum += static_cast<signed char>(block[at]);
    }
    const auto sum = static_cast<std::int64_t>(*stated);
    return sum == unsigned_sum || sum == signed_sum;
}

}  // namespace

bool is_zero_block(std::string_view block) noexcept {
    return std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; });
}

TarHeader parse_tar_header(std::string_view block, std::uint64_t offset) {
    if (!checksum_holds(block)) {
        throw BadArchive(offset == 0
                             ? "not a tar archive: its first header has a wrong checksum"
                             : "damaged tar archive: wrong header checksum" + at_byte(offset));
    }
    TarHeader header;
    header.type = block[156];
    header.name = text_field(block, 0, 100);
    // Only POSIX keeps a prefix there; GNU keeps times in the same place.
    const std::string_view prefix = text_field(block, 345, 155);
    if (field(block, 257, 6) == std::string_view("ustar\0", 6) && !prefix.empty())
        header.name = std::string(prefix) + "/" + header.name;
    const auto size = number(field(block, 124, 12));
    if (!size || *size > kMaxSize) {
        throw BadArchive("damaged tar archive: unreadable size of member '" + shown(header.name) +
                         "'" + at_byte(offset));
    }
    header.size = *size;
    return header;
}

void TarOverrides::apply_pax(std::string_view data, std::uint64_t offset) {
    const auto malformed = [&] {
        return BadArchive("damaged tar archive: malformed pax header" + at_byte(offset));
    };
    // "29 path=some/where/else.txt\n", the length counting the whole record.
    while (!data.empty()) {
        std::size_t length = 0;
        const char* const end = data.data() + data.size();
        const auto [stop, fault] = std::from_chars(data.data(), end, length);
        if (fault != std::errc{} || stop == end || *stop != ' ' || length > data.size())
            throw malformed();
        const auto lead = static_cast<std::size_t>(stop - data.data()) + 1;
        if (length < lead + 2 || data[length - 1] != '\n') throw malformed();
        const std::string_view record = data.substr(lead, length - lead - 1);
        data.remove_prefix(length);
        const std::size_t equals = record.find('=');
        if (equals == std::string_view::npos || equals == 0) throw malformed();
        const std::string_view key = record.substr(0, equals);
        const std::string_view value = record.substr(equals + 1);
        if (key == "path") {
            name.reset();
            if (!value.empty()) name = value;
        } else if (key == "size") {
            size.reset();
            if (value.empty()) continue;
            std::uint64_t parsed = 0;
            const char* const last = value.data() + value.size();
            const auto [at, wrong] = std::from_chars(value.data(), last, parsed);
            if (wrong != std::errc{} || at != last || parsed > kMaxSize) throw malformed();
            size = parsed;
        } else if (key.starts_with("GNU.sparse.")) {
            sparse = true;
        }
    }
}

std::string shown(std::string_view name) {
    constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    for (char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f) {
            text += c;
        } else {
            text += "\\x";
            text += kHex[byte >> 4];
            text += kHex[byte & 15];
        }
    }
    return text;
}

}  // namespace s3pipes
