// One 512-byte tar header, and the extended headers that stand before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace s3pipes {

inline constexpr std::size_t kTarBlockBytes = 512;

struct BadArchive : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct TarHeader {
    char type = '0';
    std::string name;        // raw bytes, ustar's prefix included
    std::uint64_t size = 0;  // as the header says; whether data follow depends on the type
};

bool is_zero_block(std::string_view block) noexcept;

// Reads v7, ustar, pax and GNU headers alike. `offset` is the header's, for the message.
// Throws BadArchive where the checksum or a number is wrong.
TarHeader parse_tar_header(std::string_view block, std::uint64_t offset);

// What pax records (or GNU long names) say instead of the header.
struct TarOverrides {
    std::optional<std::string> name;
    std::optional<std::uint64_t> size;
    bool sparse = false;

    // Takes over what `data`, the body of an x or g header, says; an empty value takes it back.
    // Throws BadArchive where a record is malformed. `offset` is the header's.
    void apply_pax(std::string_view data, std::uint64_t offset);
};

// The name as a message may show it: without control characters.
std::string shown(std::string_view name);

}  // namespace s3pipes
