#include "core/http/connection.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <exception>
#include <utility>

#include "core/words/error.hpp"
#include "core/words/request_text.hpp"

namespace s3pipes {
namespace asio = boost::asio;
namespace {

// An alert, or the handshake itself.
bool is_tls_record(std::byte first) {
    return first == std::byte{21} || first == std::byte{22};
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, Watchdog& watchdog, const Endpoint& endpoint,
                       std::unique_ptr<Line> line)
    : endpoint_(endpoint),
      transport_(std::move(socket), watchdog, endpoint.name(), endpoint.progress_timeout),
      watch_(std::move(line)) {}

Connection::~Connection() {
    if (state_ == State::head || state_ == State::body) watch_.given_up(body_bytes_come());
}

asio::awaitable<void> Connection::open(std::chrono::milliseconds patience) {
    if (!endpoint_.tls) {
        state_ = State::ready;
        co_return;
    }
    transport_.opens_within(patience);
    if (endpoint_.proxy) co_await connect_through_proxy();
    co_await transport_.start_tls(*endpoint_.trust, endpoint_.host,
                                  endpoint_.trust->session_with(endpoint_.name()));
    transport_.opened();
    state_ = State::ready;
}

asio::awaitable<void> Connection::connect_through_proxy() {
    std::string request = "CONNECT ";
    append_target(request, endpoint_.name());
    request += " HTTP/1.1\r\n";
    append_field(request, "Host", endpoint_.name());
    if (!endpoint_.proxy->authorization.empty())
        append_field(request, "Proxy-Authorization", endpoint_.proxy->authorization);
    request += "\r\n";
    co_await transport_.write(std::as_bytes(std::span(request)));
    co_await receive_head(true);

    const int status = parser_.head().status;
    const std::string proxy =
        "the proxy " + host_and_port(endpoint_.proxy->host, endpoint_.proxy->port);
    if (status / 100 != 2) {
        Error refused(status == 407 ? ErrorKind::config : ErrorKind::connection,
                      proxy +
                          (status == 407 ? " wants other credentials" : " does not connect to ") +
                          (status == 407 ? "" : endpoint_.name()) + " (status " +
                          std::to_string(status) + ")");
        refused.status = status;
        throw refused;
    }
    if (wire_begin_ != wire_end_) {
        throw Error(ErrorKind::bad_response, proxy + " spoke into the tunnel");
    }
    got_response_bytes_ = false;
}

std::string Connection::in_absolute_form(std::string_view head) const {
    // Without a default port: the proxy makes the Host header from this, and that one is signed.
    const std::size_t target = head.find(' ') + 1;
    const std::size_t fields = head.find("\r\n") + 2;
    std::string rewritten(head.substr(0, target));
    rewritten += "http://";
    append_target(rewritten, endpoint_.authority());
    rewritten += head.substr(target, fields - target);
    if (!endpoint_.proxy->authorization.empty())
        append_field(rewritten, "Proxy-Authorization", endpoint_.proxy->authorization);
    rewritten += head.substr(fields);
    return rewritten;
}

asio::awaitable<void> Connection::exchange(std::string_view head, bool head_only,
                                           std::span<const std::byte> body) {
    if (state_ != State::ready) {
        throw Error(ErrorKind::connection, "this connection takes no more requests");
    }
    state_ = State::head;
    got_response_bytes_ = false;
    watch_.asked();
    const bool through_proxy = endpoint_.proxy && !endpoint_.tls;

    std::exception_ptr not_sent;
    try {
        std::string rewritten;
        if (through_proxy) head = rewritten = in_absolute_form(head);
        co_await transport_.write(std::as_bytes(std::span(head)));
        if (!body.empty()) co_await transport_.write(body);
    } catch (const Error& error) {
        // A peer that refuses a body answers before it closes; the answer may still be there.
        if (error.kind != ErrorKind::connection || body.empty() || endpoint_.tls) throw;
        not_sent = std::current_exception();
    }
    if (not_sent) {
        try {
            co_await receive_head(head_only);
        } catch (const Error&) {
            std::rethrow_exception(not_sent);
        }
    } else {
        co_await receive_head(head_only);
    }
    if (through_proxy && parser_.head().status == 407) {
        Error refused(ErrorKind::config,
                      "the proxy " + host_and_port(endpoint_.proxy->host, endpoint_.proxy->port) +
                          " wants other credentials (status 407)");
        refused.status = 407;
        throw refused;
    }
    state_ = State::body;
    body_left_ = parser_.head().content_length.value_or(0);
    // A body that is sent takes its own time; refusals come early, and what has no length (a page
    // of a listing) late, for reasons of their own.
    if (!body.empty() || parser_.head().status / 100 != 2 || !knows_length()) watch_.forget();
    if (parser_.body() == ResponseParser::Body::none ||
        (parser_.body() == ResponseParser::Body::length && body_left_ == 0)) {
        end_body();
    }
    if (not_sent) state_ = State::body;  // half a request was sent: never reusable
}

asio::awaitable<void> Connection::receive_head(bool head_only) {
    parser_.start(head_only);
    wire_begin_ = wire_end_ = 0;
    while (!parser_.head_done()) {
        make_room(head_read_bytes);
        const std::size_t got = transport_.take(std::span(wire_).subspan(wire_end_));
        if (got == 0) {
            if (transport_.ended()) {
                throw Error(
                    ErrorKind::connection,
                    transport_.peer() + (got_response_bytes_
                                             ? " closed the connection within a response's head"
                                             : " closed the connection without an answer"));
            }
            auto [failure] = co_await transport_.ready();
            transport_.woke(failure);
            continue;
        }
        watch_.first_byte();
        if (!got_response_bytes_ && !endpoint_.tls && !endpoint_.proxy && is_tls_record(wire_[0]))
            throw Error(
                ErrorKind::wrong_scheme,
                transport_.peer() + " speaks TLS: it answered a plain request with a record of it");
        got_response_bytes_ = true;
        wire_end_ += got;
        wire_begin_ +=
            parser_.feed_head(std::span(wire_).subspan(wire_begin_, wire_end_ - wire_begin_));
    }
}

// Space behind the wire's bytes: `at_most` new bytes where nothing is kept, else as much as fits.
void Connection::make_room(std::size_t at_most) {
    // The longest piece of wire that must be whole to be understood: a head's line, a chunk's.
    constexpr std::size_t wire_limit_bytes = ResponseParser::head_limit_bytes + head_read_bytes;
    if (wire_begin_ != 0) {
        std::memmove(wire_.data(), wire_.data() + wire_begin_, wire_end_ - wire_begin_);
        wire_end_ -= wire_begin_;
        wire_begin_ = 0;
    }
    const std::size_t wanted = std::min(wire_end_ + at_most, wire_limit_bytes);
    if (wire_.size() < wanted) wire_.resize(wanted);
    if (wire_end_ == wire_.size()) {
        throw Error(ErrorKind::bad_response,
                    "not a valid HTTP response: an endless line from " + transport_.peer());
    }
}

void Connection::rest() noexcept {
    transport_.release_buffers();
    if (wire_.size() > head_read_bytes) std::vector<std::byte>().swap(wire_);
    wire_begin_ = wire_end_ = 0;
}

}  // namespace s3pipes
