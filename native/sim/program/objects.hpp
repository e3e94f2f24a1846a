// A family of objects as the command line has it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace s3pipes::sim {

// "BUCKET/PATTERN:COUNT:SIZE[~SIGMA]": the pattern with one counter such as {:06}; SIZE in bytes or
// with KiB, MiB, GiB behind it, the median of lognormal ones where there is a sigma.
struct Objects {
    std::string bucket;
    std::string pattern;  // its counter as {:06d}
    std::uint64_t count = 0;
    std::uint64_t size_bytes = 0;
    double sigma = 0;

    // Throws std::invalid_argument.
    static Objects parse(std::string_view text);
};

}  // namespace s3pipes::sim
