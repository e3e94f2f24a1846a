// One HTTP/1.1 connection: a request out, its response in, one after the other.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/endpoint.hpp"
#include "core/http/response_head.hpp"
#include "core/http/response_parser.hpp"
#include "core/http/stopwatch.hpp"
#include "core/http/transport.hpp"
#include "core/words/carrier.hpp"

namespace s3pipes {

// Belongs to one event loop; one operation at a time. After an Error it can only be destroyed.
class Connection final : public Carrier {
  public:
    // `socket` is connected, to the proxy where there is one. open() comes first. `line`, if any,
    // hears what the answers took.
    Connection(boost::asio::ip::tcp::socket socket, Watchdog& watchdog, const Endpoint& endpoint,
               std::unique_ptr<Line> line = nullptr);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // What comes between TCP and the first request: CONNECT through the proxy, TLS.
    boost::asio::awaitable<void> open(std::chrono::milliseconds patience);

    // Sends `head`, a request's head with its empty line and its target in origin form, then
    // `body`; reads the response's head. 1xx is skipped. `head_only`: this is a HEAD request.
    // `head` and `body` must stay valid until the end.
    boost::asio::awaitable<void> exchange(std::string_view head, bool head_only,
                                          std::span<const std::byte> body = {});

    // Of the last exchange.
    const ResponseHead& head() const noexcept { return parser_.head(); }

    // Body bytes straight into `into`: as many as are there, at least 1; 0 when the body is
    // complete. `into` is not empty. Throws Error{connection} where the body ends early.
    boost::asio::awaitable<std::size_t> read_some(std::span<std::byte> into);

    // Fills `into` with body bytes, or throws. `progress`, if any, hears how many bytes are in
    // place each time there are more.
    boost::asio::awaitable<void> read_into(
        std::span<std::byte> into, const std::function<void(std::size_t)>* progress = nullptr);

    // The rest of the body. More than `limit` bytes: Error{bad_response}.
    boost::asio::awaitable<std::string> read_text(std::size_t limit);

    // Only the peer's closing ends this body: whether it came whole has to be known from elsewhere.
    bool ends_by_close() const noexcept {
        return parser_.body() == ResponseParser::Body::until_close;
    }
    // Its length was announced, or it has none: it can neither be longer nor look complete too
    // early.
    bool knows_length() const noexcept {
        return parser_.body() == ResponseParser::Body::length ||
               parser_.body() == ResponseParser::Body::none;
    }
    // Since it was connected, if only in a TLS handshake.
    bool heard() const noexcept { return got_response_bytes_ || transport_.heard(); }
    // In the current exchange, 1xx included.
    bool got_response_bytes() const noexcept { return got_response_bytes_; }
    // The body is complete and the peer keeps the connection open: another exchange may follow.
    bool reusable() const noexcept { return state_ == State::ready && transport_.is_open(); }
    // Reusable, and the peer has neither closed nor spoken since.
    bool still_good() noexcept { return reusable() && transport_.quiet(); }
    // False: its address is left, and the next request had better go elsewhere.
    bool stays() const noexcept { return watch_.line() == nullptr || watch_.line()->stays(); }
    // Of its address; 0 where the name has no other.
    std::uint64_t mark() const noexcept override {
        return watch_.line() != nullptr && watch_.line()->compared() ? watch_.line()->mark() : 0;
    }
    // Gives back the memory that an idle connection does not need.
    void rest() noexcept;

    // From the loop's thread: closes the socket; the pending operation ends with Error{cancelled}.
    void cut() noexcept override { transport_.close(); }

  private:
    // The first recv of a response is short, so that little of the body has to be copied to its
    // place.
    static constexpr std::size_t head_read_bytes = 4 * 1024;

    enum class State : std::uint8_t {
        closed,  // not yet opened, or in vain: carries no request
        ready,   // for a request
        head,    // of a response, to come
        body,    // partly read
        spent,   // complete, but the peer will not serve another request
    };

    boost::asio::awaitable<void> connect_through_proxy();
    boost::asio::awaitable<void> receive_head(bool head_only);
    std::string in_absolute_form(std::string_view head) const;
    std::size_t take_body(std::span<std::byte> into);
    std::size_t take_chunks(std::span<std::byte> into);
    std::size_t take_bytes(std::span<std::byte> into);
    bool body_done() const noexcept { return state_ == State::ready || state_ == State::spent; }
    void end_body() noexcept;
    std::uint64_t body_bytes_come() const noexcept {
        const bool counted =
            state_ != State::head && parser_.body() == ResponseParser::Body::length;
        return counted ? parser_.head().content_length.value_or(0) - body_left_ : 0;
    }
    void make_room(std::size_t at_most);
    [[noreturn]] void fail_early() const;

    Endpoint endpoint_;
    Transport transport_;
    Stopwatch watch_;
    ResponseParser parser_;
    // What was received and not yet handed out: bytes behind a head, chunks not yet decoded.
    std::vector<std::byte> wire_;
    std::size_t wire_begin_ = 0;
    std::size_t wire_end_ = 0;
    std::uint64_t body_left_ = 0;  // of a body whose length is known
    State state_ = State::closed;
    bool got_response_bytes_ = false;
};

}  // namespace s3pipes
