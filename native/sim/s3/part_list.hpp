// The parts that a client wants an object made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/s3/checksum_kind.hpp"

namespace s3pipes::sim {

struct WantedPart {
    std::uint64_t number = 0;
    std::string etag;
    std::vector<Checksum> checksums;  // that the client claims
};

// The body of CompleteMultipartUpload. Throws MalformedXML.
std::vector<WantedPart> read_part_list(std::string_view xml);

}  // namespace s3pipes::sim
