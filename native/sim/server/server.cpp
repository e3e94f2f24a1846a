#include "sim/server/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sim/server/session.hpp"

namespace s3pipes::sim {
namespace {

using boost::asio::ip::tcp;

constexpr int backlog = 4096;
constexpr unsigned listen_attempts = 20;
constexpr double look_every_s = 0.1;

boost::asio::awaitable<void> serve(World& world, Wire::Socket socket, unsigned address, bool mute) {
    Session session(world, std::move(socket), address, mute);
    co_await session.run();
}

boost::asio::ip::address_v4 address_of(unsigned address) {
    return boost::asio::ip::address_v4(boost::asio::ip::address_v4::loopback().to_uint() + address);
}

// No request is ever read of it: the address stands in the place of a key.
void log_black_hole(World& world, const tcp::socket& socket) {
    boost::system::error_code ignored;
    const auto where = socket.local_endpoint(ignored).address().to_string();
    world.mishaps.log.push_back({Mishap::black_hole, "", "", where, {}, {}, {}, Clock::now_s()});
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
    places_.clear();
    port_ = port;
    for (unsigned i = 0; i < addresses; ++i) {
        open(places_.emplace_back(Place{Acceptor(world_.context)}), i, true);
    }
}

// A port that is bound and not listened at refuses, and nobody else gets it.
void Server::open(Place& place, unsigned address, bool listens) {
    boost::system::error_code ignored;
    place.acceptor.close(ignored);
    ++place.opened;
    place.acceptor.open(tcp::v4());
    place.acceptor.set_option(Acceptor::reuse_address(true));
    place.acceptor.bind({address_of(address), port_});
    if (listens) place.acceptor.listen(backlog);
    port_ = place.acceptor.local_endpoint().port();
}

void Server::set_door(unsigned address, Door door) {
    if (address > places_.size()) throw std::invalid_argument("it has no such address");
    for (unsigned i = 0; i < places_.size(); ++i) {
        if (address != 0 && address != i + 1) continue;
        Place& place = places_[i];
        if (place.door != Door::refused) accept_waiting(i);
        const Door before = std::exchange(place.door, door);
        if ((before == Door::refused) == (door == Door::refused)) continue;
        open(place, i, door != Door::refused);
        if (door != Door::refused) accept(i);
    }
}

std::size_t Server::reset_connections() {
    for (Session* session : world_.sessions) session->reset();
    return world_.sessions.size();
}

void Server::accept(unsigned address) {
    Place& place = places_[address];
    place.acceptor.async_accept(
        [this, address, &place, opened = place.opened](const auto& failure, tcp::socket socket) {
            if (!failure) start(std::move(socket), address);
            if (place.opened != opened) return;
            if (!failure) {
                accept(address);
            } else {
                failed_.push_back(address);  // no descriptor is free: again a little later
            }
        });
}

void Server::start(tcp::socket socket, unsigned address) {
    const bool mute = places_[address].door == Door::black_hole;
    if (mute) log_black_hole(world_, socket);
    boost::asio::co_spawn(world_.context, serve(world_, std::move(socket), address + 1, mute),
                          boost::asio::detached);
}

// What has come already and waits in the kernel: it would be reset with the socket that listens.
void Server::accept_waiting(unsigned address) {
    boost::system::error_code failure;
    Acceptor& acceptor = places_[address].acceptor;
    acceptor.non_blocking(true, failure);
    while (!failure) {
        tcp::socket socket(world_.context);
        acceptor.accept(socket, failure);
        if (!failure) start(std::move(socket), address);
    }
}

void Server::due(double now_s) {
    for (const unsigned address : std::exchange(failed_, {})) {
        if (places_[address].door != Door::refused) accept(address);
    }
    const std::vector<Session*> sessions(world_.sessions.begin(), world_.sessions.end());
    for (Session* session : sessions) session->look_at_clock(now_s);
    world_.clock.call_at(now_s + look_every_s, *this);
}

}  // namespace s3pipes::sim
