// Connected sockets, from whichever address of a name answers first.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/http/resolver.hpp"

namespace s3pipes {

class Dialer {
  public:
    // After so long without a connection the next address is tried beside the first.
    static constexpr std::chrono::milliseconds head_start{250};

    explicit Dialer(boost::asio::io_context& loop);

    struct Dialed {
        boost::asio::ip::tcp::socket socket;  // connected, non-blocking
        std::unique_ptr<Line> line;           // null where the host is an address
    };

    // Every address gets its try before `deadline`, the one with the mark `avoid` late.
    // Throws Error{connection, timeout} that says what the last address answered.
    boost::asio::awaitable<Dialed> dial(Resolver::Host host, Resolver::Clock::time_point deadline,
                                        std::uint64_t avoid = 0);

    Resolver& resolver() noexcept { return resolver_; }
    const Resolver& resolver() const noexcept { return resolver_; }

  private:
    struct Race;

    void start_attempt(Race& race, const Resolver::Address& address);

    boost::asio::io_context& loop_;
    Resolver resolver_;
};

}  // namespace s3pipes
