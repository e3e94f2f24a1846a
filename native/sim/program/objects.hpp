// A family of objects as the command line has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/s3/checksum_kind.hpp"

namespace s3pipes::sim {

// "BUCKET/PATTERN:COUNT:SIZE[~SIGMA][@CHECKSUM]": the pattern with one counter such as {:06}; SIZE
// in bytes or with KiB, MiB, GiB behind it, the median of lognormal ones where there is a sigma;
// CHECKSUM is S3's name of one, or none.
struct Objects {
    std::string bucket;
    std::string pattern;  // its counter as {:06d}
    std::uint64_t count = 0;
    std::uint64_t size_bytes = 0;
    double sigma = 0;
    std::optional<Algorithm> summed_by = Algorithm::crc64nvme;

    // Throws std::invalid_argument.
    static Objects parse(std::string_view text);
};

}  // namespace s3pipes::sim
