// Connections that wait for their next request.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/http/connection.hpp"
#include "core/http/endpoint.hpp"
#include "core/http/resolver.hpp"
#include "core/http/watchdog.hpp"

namespace s3pipes {

class PoolShelves;
struct PoolShelf;

// The use of one connection. Its end returns a reusable connection to the pool and closes any
// other.
class Lease {
  public:
    Lease(std::shared_ptr<PoolShelves> shelves, PoolShelf* shelf,
          std::unique_ptr<Connection> connection, bool reused) noexcept;
    ~Lease();
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) noexcept;

    Connection* operator->() const noexcept { return connection_.get(); }
    Connection& operator*() const noexcept { return *connection_; }
    // False: it was moved elsewhere.
    bool holds() const noexcept { return connection_ != nullptr; }
    // False: freshly connected. A reused one may fail through no fault of the request.
    bool reused() const noexcept { return reused_; }

  private:
    void give_back() noexcept;

    std::shared_ptr<PoolShelves> shelves_;
    PoolShelf* shelf_;
    std::unique_ptr<Connection> connection_;
    bool reused_;
};

// Belongs to one event loop. Sets no limit on the number of connections. Leases may outlive it.
class Pool {
  public:
    static constexpr std::chrono::seconds idle_limit{20};

    Pool(boost::asio::io_context& loop, Watchdog& watchdog);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // An idle connection, the one used last, or a new one. `fresh`: never an idle one. `avoid`: the
    // mark of an address that failed; another is taken where there is one.
    // Throws Error{connection, timeout, certificate, config}.
    boost::asio::awaitable<Lease> acquire(const Endpoint& endpoint, bool fresh = false,
                                          std::uint64_t avoid = 0);

    // The idle connection of acquire(), if there is one: at once and without a coroutine.
    std::optional<Lease> take_idle(const Endpoint& endpoint, std::uint64_t avoid = 0);

    void close_idle();
    std::size_t idle() const;
    std::size_t open() const;     // idle and leased
    std::size_t shelves() const;  // endpoints with a connection, or on their way to one
    // What each address of each name delivers, by this loop's connections.
    std::vector<Resolver::View> addresses() const;

  private:
    std::shared_ptr<PoolShelves> shelves_;
};

}  // namespace s3pipes
