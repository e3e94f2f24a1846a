// The server: its addresses, and who comes to them.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
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

    // What becomes of new connections: they are served, refused by the kernel, or accepted and
    // never answered. Of one address, counted from 1, or of all (0). Throws std::invalid_argument,
    // and std::system_error where the port has been taken meanwhile.
    enum class Door : std::uint8_t { open, refused, black_hole };
    void set_door(unsigned address, Door door);
    // Resets all that are open, and says how many.
    std::size_t reset_connections();

  private:
    using Acceptor = boost::asio::ip::tcp::acceptor;

    struct Place {
        Acceptor acceptor;
        Door door = Door::open;
        unsigned opened = 0;  // times: an accept of an earlier time ends by itself
    };

    void listen(unsigned addresses, std::uint16_t port);
    void open(Place& place, unsigned address, bool listens);
    void accept(unsigned address);
    void accept_waiting(unsigned address);
    void start(boost::asio::ip::tcp::socket socket, unsigned address);
    void due(double now_s) override;

    World& world_;
    std::deque<Place> places_;
    std::vector<unsigned> failed_;  // whose accept found no free descriptor
    std::uint16_t port_ = 0;
};

}  // namespace s3pipes::sim
