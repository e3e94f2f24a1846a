// HTTP/1.1 responses from bytes, without any socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/http/response_head.hpp"

namespace s3pipes {

class ResponseParser {
  public:
    static constexpr std::size_t head_limit_bytes = 64 * 1024;

    enum class Body : std::uint8_t {
        none,
        length,       // content_length bytes
        chunked,      // to be run through decode()
        until_close,  // whatever comes before the peer closes
    };
    struct Decoded {
        std::size_t used = 0;     // bytes taken from the wire
        std::size_t written = 0;  // bytes of body
    };

    ResponseParser();
    ~ResponseParser();

    // Forgets the last response. `head_only`: the answer to a HEAD request, which has no body.
    void start(bool head_only);

    // Takes bytes of the head and returns how many it used; those it did not use must be given
    // again, with more behind them. Heads of 1xx are skipped. Throws Error{bad_response}.
    std::size_t feed_head(std::span<const std::byte> wire);
    bool head_done() const noexcept { return head_done_; }

    // The rest only after the head.
    const ResponseHead& head() const noexcept { return head_; }
    Body body() const noexcept { return body_; }
    // The peer says that it keeps the connection open after this response.
    bool keep_alive() const noexcept { return keep_alive_; }

    // A chunked body: as much of it as there is on the wire and room for. Bytes it did not use must
    // be given again. Throws Error{bad_response}.
    Decoded decode(std::span<const std::byte> wire, std::span<std::byte> into);
    bool chunks_done() const noexcept;

  private:
    class Machine;
    struct Slot;

    void finish_head();

    std::unique_ptr<Slot> slot_;  // hides Beast from those who include this
    ResponseHead head_;
    std::size_t fed_bytes_ = 0;
    std::size_t looked_at_bytes_ = 0;
    Body body_ = Body::none;
    bool head_only_ = false;
    bool head_done_ = false;
    bool keep_alive_ = false;
};

}  // namespace s3pipes
