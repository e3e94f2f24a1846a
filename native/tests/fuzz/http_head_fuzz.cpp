// Whatever comes over the wire, and in whatever pieces: the parser answers with a head, with a body
// or with Error{bad_response}, and pieces make no difference.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "core/http/response_parser.hpp"
#include "core/words/error.hpp"

namespace {

using s3pipes::ResponseParser;

struct Outcome {
    bool refused = false;
    bool complete = false;
    int status = 0;
    std::string etag;
    std::string body;

    bool operator==(const Outcome&) const = default;
};

void demand(bool holds) {
    if (!holds) std::abort();
}

Outcome read(std::span<const std::byte> wire, std::size_t piece, std::size_t room, bool head_only) {
    Outcome outcome;
    ResponseParser parser;
    parser.start(head_only);
    std::size_t begin = 0;
    std::size_t end = 0;
    const auto more = [&] {
        const bool any = end < wire.size();
        end += std::min(piece, wire.size() - end);
        return any;
    };
    try {
        while (!parser.head_done() && more()) {
            const std::size_t used = parser.feed_head(wire.subspan(begin, end - begin));
            demand(used <= end - begin);
            begin += used;
        }
        if (!parser.head_done()) return outcome;
        outcome.status = parser.head().status;
        outcome.etag = parser.head().etag;
        demand(outcome.status >= 200 && outcome.status <= 999);
        if (parser.body() == ResponseParser::Body::length)
            demand(parser.head().content_length.has_value());
        if (parser.body() != ResponseParser::Body::chunked) {
            outcome.complete = true;
            return outcome;
        }
        std::vector<std::byte> into(room);
        do {
            for (;;) {
                const auto decoded = parser.decode(wire.subspan(begin, end - begin), into);
                demand(decoded.used <= end - begin && decoded.written <= room);
                demand(decoded.written <= decoded.used);
                begin += decoded.used;
                outcome.body.append(reinterpret_cast<const char*>(into.data()), decoded.written);
                if (parser.chunks_done() || decoded.written < room) break;
            }
        } while (!parser.chunks_done() && more());
        outcome.complete = parser.chunks_done();
    } catch (const s3pipes::Error& error) {
        demand(error.kind == s3pipes::ErrorKind::bad_response);
        outcome = Outcome{};
        outcome.refused = true;
    }
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const bool head_only = (data[0] & 1) != 0;
    const std::size_t piece = 1 + (data[0] >> 1);
    const std::size_t room = 1 + data[1];
    const auto wire = std::as_bytes(std::span(data + 2, size - 2));
    const Outcome in_pieces = read(wire, piece, room, head_only);
    const Outcome at_once = read(wire, size, size, head_only);
    // What is cut off may be seen to be bad sooner or later. What is whole is the same either way.
    if (in_pieces.complete || at_once.complete) demand(in_pieces == at_once);
    return 0;
}
