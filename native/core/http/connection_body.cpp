// The body of a response, from the wire to its place.
#include <algorithm>
#include <cassert>
#include <cstring>

#include "core/http/connection.hpp"
#include "core/words/error.hpp"

namespace s3pipes {
namespace asio = boost::asio;

namespace {

constexpr std::size_t chunk_read_bytes = 32 * 1024;

}  // namespace

std::size_t Connection::take_bytes(std::span<std::byte> into) {
    if (wire_begin_ != wire_end_) {
        const std::size_t size = std::min(into.size(), wire_end_ - wire_begin_);
        std::memcpy(into.data(), wire_.data() + wire_begin_, size);
        wire_begin_ += size;
        return size;
    }
    return transport_.take(into);
}

std::size_t Connection::take_chunks(std::span<std::byte> into) {
    std::size_t written = 0;
    for (;;) {
        const auto decoded = parser_.decode(
            std::span(wire_).subspan(wire_begin_, wire_end_ - wire_begin_), into.subspan(written));
        wire_begin_ += decoded.used;
        written += decoded.written;
        if (parser_.chunks_done()) {
            end_body();
            return written;
        }
        if (written == into.size()) return written;
        make_room(chunk_read_bytes);
        const std::size_t got = transport_.take(std::span(wire_).subspan(wire_end_));
        if (got == 0) return written;
        wire_end_ += got;
    }
}

// Body bytes that are there now. 0: none, unless body_done().
std::size_t Connection::take_body(std::span<std::byte> into) {
    if (body_done()) return 0;
    std::size_t taken = 0;
    switch (parser_.body()) {
        case ResponseParser::Body::none: break;
        case ResponseParser::Body::length:
            if (into.size() > body_left_) into = into.first(static_cast<std::size_t>(body_left_));
            taken = take_bytes(into);
            body_left_ -= taken;
            if (body_left_ == 0) {
                end_body();
                return taken;
            }
            break;
        case ResponseParser::Body::chunked: taken = take_chunks(into); break;
        case ResponseParser::Body::until_close:
            taken = take_bytes(into);
            if (taken == 0 && transport_.ended()) end_body();
            break;
    }
    if (taken == 0 && !body_done() && transport_.ended()) fail_early();
    return taken;
}

void Connection::end_body() noexcept {
    const bool more = parser_.keep_alive() && wire_begin_ == wire_end_ && !transport_.ended();
    state_ = more ? State::ready : State::spent;
    watch_.ended(body_bytes_come());
}

void Connection::fail_early() const {
    if (parser_.body() == ResponseParser::Body::length) {
        throw Error(ErrorKind::connection, "the body from " + transport_.peer() + " ended " +
                                               std::to_string(body_left_) + " bytes early");
    }
    throw Error(ErrorKind::connection,
                "the body from " + transport_.peer() + " ended before its last chunk");
}

asio::awaitable<std::size_t> Connection::read_some(std::span<std::byte> into) {
    assert(!into.empty());
    for (;;) {
        const std::size_t taken = take_body(into);
        if (taken != 0 || body_done()) co_return taken;
        auto [failure] = co_await transport_.ready();
        transport_.woke(failure);
    }
}

asio::awaitable<void> Connection::read_into(std::span<std::byte> into,
                                            const std::function<void(std::size_t)>* progress) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        const std::size_t taken = take_body(into.subspan(filled));
        if (taken != 0) {
            filled += taken;
            if (progress != nullptr) (*progress)(filled);
            continue;
        }
        if (body_done()) {
            // Ended by closing, it may as well have been cut off: worth another attempt.
            throw Error(ends_by_close() ? ErrorKind::connection : ErrorKind::bad_response,
                        "the body from " + transport_.peer() + " is " +
                            std::to_string(into.size() - filled) + " bytes shorter than expected");
        }
        // Only of a body with a length is it certain that so much will come.
        auto [failure] =
            co_await transport_.ready(std::min<std::uint64_t>(body_left_, into.size() - filled));
        transport_.woke(failure);
    }
}

asio::awaitable<std::string> Connection::read_text(std::size_t limit) {
    std::string text;
    std::size_t filled = 0;
    for (;;) {
        // One more than the limit, so that a body of just that size is seen to end.
        if (filled == text.size()) {
            text.resize(std::min(limit + 1, std::max(text.size() * 2, head_read_bytes)));
        }
        const std::size_t got =
            co_await read_some(std::as_writable_bytes(std::span(text)).subspan(filled));
        filled += got;
        if (got == 0) break;
        if (filled > limit) {
            throw Error(ErrorKind::bad_response, "the body from " + transport_.peer() +
                                                     " is longer than " + std::to_string(limit) +
                                                     " bytes");
        }
    }
    text.resize(filled);
    co_return text;
}

}  // namespace s3pipes
