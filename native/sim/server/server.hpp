// The server: its addresses, and who comes to them.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <deque>
#include <vector>

#include "sim/server/world.hpp"

namespace s3pipes::sim {

class Server final : private Clock::Waiter {
  public:
    // Listens on 127.0.0.1 and so many addresses behind it, all at one port; 0: a free one.
    // Throws std::system_error.
    Server(World& world, unsigned addresses, std::uint16_t port);

    std::uint16_t port() const noexcept { return port_; }

  private:
    using Acceptor = boost::asio::ip::tcp::acceptor;

    void listen(unsigned addresses, std::uint16_t port);
    void accept(unsigned address);
    void due(double now_s) override;

    World& world_;
    std::deque<Acceptor> acceptors_;
    std::vector<unsigned> refused_;  // whose accept failed
    std::uint16_t port_ = 0;
};

}  // namespace s3pipes::sim
