// What a request is answered with; how long that takes is another's matter.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/s3/content.hpp"
#include "sim/s3/request.hpp"

namespace s3pipes::sim {

struct Answer {
    // What physics needs to know.
    enum class Kind : std::uint8_t { object, list, other };

    unsigned status = 200;
    Headers headers;                         // without Content-Length, Date, Server, Connection
    std::string text;                        // the body, where it is no object's
    std::shared_ptr<const Content> content;  // else bytes [begin, end) of this
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool head = false;  // tells the length of the body and does not send it
    Kind kind = Kind::other;
    std::string prefix;  // of the bucket and key, whose request rate S3 limits

    std::uint64_t body_bytes() const noexcept { return content ? end - begin : text.size(); }
};

}  // namespace s3pipes::sim
