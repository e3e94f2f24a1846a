// The frame that a body may be sent in: chunks with signatures, and headers behind them.
#pragma once

#include <string>
#include <string_view>

#include "sim/s3/request.hpp"
#include "sim/s3/signature.hpp"

namespace s3pipes::sim {

struct ChunkFrame {
    bool signed_chunks = false;
    bool trailers = false;
    std::string_view trailer_names;  // those that were promised, x-amz-trailer
    const Seal* seal = nullptr;      // null where signatures are not checked
};

struct Unframed {
    std::string bytes;
    Headers trailers;
};

// Throws Fault where the frame is broken or a signature is not the one it should be.
Unframed read_aws_chunked(std::string_view framed, const ChunkFrame& frame);

}  // namespace s3pipes::sim
