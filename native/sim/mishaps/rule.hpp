// Which requests meet with which mishap.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/mishaps/kind.hpp"

namespace s3pipes::sim {

// How a mishap goes; each kind looks at some of these.
struct Manner {
    std::optional<std::uint64_t> at_byte;  // of the body; none: drawn
    double for_s = 0;                      // 0: for ever
    double bytes_per_s = 2;
    double factor = 0.01;
    unsigned bits = 1;
    double s = 1;
    std::int64_t by = 0;  // 0: as the kind has it
    std::uint64_t head_bytes = 1 << 20;
    unsigned status = 0;  // 0: as the kind has it
    std::string code, message, retry_after, region, location;
};

struct MishapRule {
    Mishap kind = Mishap::reset;
    double share = 1;  // of the requests that match
    std::optional<std::uint64_t> times;
    std::uint64_t after = 0;         // so many of them are spared first
    std::string method = "GET";      // of an object; or HEAD, LIST, PUT, and so on; empty: any
    std::optional<std::string> key;  // a glob
    Manner manner;

    // "KIND NAME=VALUE ...", values percent-encoded. Throws std::invalid_argument.
    static MishapRule parse(std::string_view text);

    bool matches(std::string_view aimed_method, const std::string& aimed_key) const noexcept;
};

}  // namespace s3pipes::sim
