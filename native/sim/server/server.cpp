#include "sim/server/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>
#include <vector>

#include "sim/server/session.hpp"

namespace s3pipes::sim {
namespace {

using boost::asio::ip::tcp;

constexpr int backlog = 4096;
constexpr unsigned listen_attempts = 20;
constexpr double look_every_s = 0.1;

boost::asio::awaitable<void> serve(World& world, Wire::Socket socket, unsigned address) {
    Session session(world, std::move(socket), address);
    co_await session.run();
}

}  // namespace

Server::Server(World& world, unsigned addresses, std::uint16_t port) : world_(world) {
    for (unsigned attempt = 1;; ++attempt) {
        try {
            listen(addresses, port);
            break;
        } catch (const boost::system::system_error&) {
            // A port that is free at the first address may be taken at another.
            if (port != 0 || attempt == listen_attempts) throw;
        }
    }
    for (unsigned i = 0; i < addresses; ++i) accept(i);
    world_.clock.call_at(Clock::now_s() + look_every_s, *this);
}

void Server::listen(unsigned addresses, std::uint16_t port) {
    acceptors_.clear();
    for (unsigned i = 0; i < addresses; ++i) {
        const boost::asio::ip::address_v4 address(
            boost::asio::ip::address_v4::loopback().to_uint() + i);
        Acceptor& acceptor = acceptors_.emplace_back(world_.context, tcp::v4());
        acceptor.set_option(Acceptor::reuse_address(true));
        acceptor.bind({address, port});
        acceptor.listen(backlog);
        port = port_ = acceptor.local_endpoint().port();
    }
}

void Server::accept(unsigned address) {
    acceptors_[address].async_accept([this, address](const auto& failure, tcp::socket socket) {
        if (!failure) {
            boost::asio::co_spawn(world_.context, serve(world_, std::move(socket), address + 1),
                                  boost::asio::detached);
            accept(address);
        } else {
            refused_.push_back(address);  // no descriptor is free: again a little later
        }
    });
}

void Server::due(double now_s) {
    for (const unsigned address : std::exchange(refused_, {})) accept(address);
    const std::vector<Session*> sessions(world_.sessions.begin(), world_.sessions.end());
    for (Session* session : sessions) session->look_at_clock(now_s);
    world_.clock.call_at(now_s + look_every_s, *this);
}

}  // namespace s3pipes::sim
