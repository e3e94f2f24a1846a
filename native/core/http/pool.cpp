#include "core/http/pool.hpp"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/http/dialer.hpp"
#include "core/words/error.hpp"
#include "core/words/events.hpp"

namespace s3pipes {
namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

struct Idle {
    std::unique_ptr<Connection> connection;
    Clock::time_point since;
    bool resting = false;
};

// A connection that is long in coming is told of while it is waited for.
class Patience final : private Watchdog::Watch {
  public:
    Patience(Watchdog& watchdog, const Endpoint& endpoint) : endpoint_(endpoint) {
        watchdog.arm(*this, lasts);
    }
    ~Patience() override { disarm(); }

  private:
    static constexpr std::chrono::seconds lasts{3};

    void expired() noexcept override {
        Events& events = Events::here();
        const std::string to = endpoint_.proxy ? "the proxy " + host_and_port(endpoint_.proxy->host,
                                                                              endpoint_.proxy->port)
                                               : endpoint_.name();
        if (events.first("no connection " + to))
            events.add(Level::warning, "No connection to " + to + " after " +
                                           std::to_string(lasts.count()) +
                                           " s; still trying. Check endpoint_url, the region, the "
                                           "proxy and the network. This is said once");
    }

    const Endpoint& endpoint_;
};

}  // namespace

// Lives as long as it has an idle connection, or one is leased or under way.
struct PoolShelf {
    std::vector<Idle> idle;  // the one used last at the end
    std::size_t users = 0;   // leases, and dials for one
    const Endpoint* endpoint = nullptr;
};

// What the pool holds, one shelf per endpoint. Lives as long as the last lease.
class PoolShelves final : public std::enable_shared_from_this<PoolShelves>,
                          private Watchdog::Watch {
  public:
    PoolShelves(asio::io_context& loop, Watchdog& watchdog) : watchdog_(watchdog), dialer_(loop) {}

    std::optional<Lease> take_idle(const Endpoint& endpoint, std::uint64_t avoid) {
        const auto found = shelves_.find(endpoint);
        if (found == shelves_.end()) return std::nullopt;
        PoolShelf& shelf = found->second;
        for (auto last = shelf.idle.rbegin(); last != shelf.idle.rend();) {
            if (avoid != 0 && last->connection->mark() == avoid) {
                ++last;
                continue;
            }
            auto connection = std::move(last->connection);
            last = std::reverse_iterator(shelf.idle.erase(std::next(last).base()));
            --idle_;
            if (connection->stays() && connection->still_good()) {
                ++shelf.users;
                return Lease(shared_from_this(), &shelf, std::move(connection), true);
            }
            --open_;
        }
        end_unused(shelf);
        return std::nullopt;
    }

    asio::awaitable<Lease> acquire(Endpoint endpoint, bool fresh, std::uint64_t avoid) {
        const auto self = shared_from_this();
        if (!fresh) {
            if (auto lease = take_idle(endpoint, avoid)) co_return std::move(*lease);
        }
        if (endpoint.tls && !endpoint.trust) {
            throw Error(ErrorKind::config, "TLS to " + endpoint.name() + " without any trust");
        }
        const auto place = shelves_.try_emplace(endpoint).first;
        PoolShelf& shelf = place->second;
        shelf.endpoint = &place->first;
        ++shelf.users;
        struct Use {
            PoolShelves& shelves;
            PoolShelf& shelf;
            ~Use() {
                --shelf.users;
                shelves.end_unused(shelf);
            }
        } use{*this, shelf};
        const Patience patience(watchdog_, endpoint);
        const auto deadline = Clock::now() + endpoint.connect_timeout;
        auto host = endpoint.proxy
                        ? Resolver::Host{endpoint.proxy->host, endpoint.proxy->port, {}}
                        : Resolver::Host{endpoint.host, endpoint.port, endpoint.addresses};
        auto [socket, line] = co_await dialer_.dial(std::move(host), deadline, avoid);
        boost::system::error_code unknown;
        const auto address = socket.remote_endpoint(unknown);
        auto connection =
            std::make_unique<Connection>(std::move(socket), watchdog_, endpoint, std::move(line));
        ++open_;
        ++shelf.users;
        Lease lease(self, &shelf, std::move(connection), false);
        try {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
            co_await lease->open(std::max(left, std::chrono::milliseconds(1)));
        } catch (Error& error) {
            // It took the socket and then failed us: others first, for a while.
            if (is_transient(error.kind)) dialer_.resolver().put_aside(address);
            error.mute = is_transient(error.kind) && !lease->heard();
            throw;
        }
        co_return lease;
    }

    void take_back(PoolShelf& shelf, std::unique_ptr<Connection> connection) noexcept {
        --shelf.users;
        if (closed_ || !connection->reusable() || !connection->stays()) {
            --open_;
            connection.reset();  // before the trust that its shelf may end with
            end_unused(shelf);
            return;
        }
        shelf.idle.push_back({std::move(connection), Clock::now(), false});
        ++idle_;
        if (!armed()) watchdog_.arm(*this, sweep_every);
    }

    void close_idle() {
        for (auto& [endpoint, shelf] : shelves_) {
            idle_ -= shelf.idle.size();
            open_ -= shelf.idle.size();
            shelf.idle.clear();
        }
        end_all_unused();
        disarm();
    }

    // The pool itself ends: leases come back to be closed.
    void close() {
        closed_ = true;
        close_idle();
    }

    std::size_t idle() const noexcept { return idle_; }
    std::size_t open() const noexcept { return open_; }
    std::size_t shelves() const noexcept { return shelves_.size(); }
    std::vector<Resolver::View> addresses() const { return dialer_.resolver().view(); }

  private:
    static bool unused(const PoolShelf& shelf) noexcept {
        return shelf.users == 0 && shelf.idle.empty();
    }
    void end_unused(PoolShelf& shelf) noexcept {
        if (unused(shelf)) shelves_.erase(shelves_.find(*shelf.endpoint));
    }
    void end_all_unused() noexcept {
        std::erase_if(shelves_, [](const auto& one) { return unused(one.second); });
    }

    static constexpr std::chrono::seconds sweep_every{1};

    void expired() noexcept override {
        const auto now = Clock::now();
        const auto too_old = now - Pool::idle_limit;
        for (auto& [endpoint, shelf] : shelves_) {
            // Last used comes last.
            const auto first_young =
                std::find_if(shelf.idle.begin(), shelf.idle.end(),
                             [&](const Idle& idle) { return idle.since > too_old; });
            auto dropped = static_cast<std::size_t>(first_young - shelf.idle.begin());
            shelf.idle.erase(shelf.idle.begin(), first_young);
            dropped += std::erase_if(shelf.idle,
                                     [](const Idle& idle) { return !idle.connection->stays(); });
            idle_ -= dropped;
            open_ -= dropped;
            // Not at once: between two requests a connection's buffers are soon wanted again.
            for (Idle& idle : shelf.idle) {
                if (idle.since > now - sweep_every || std::exchange(idle.resting, true)) continue;
                idle.connection->rest();
            }
        }
        end_all_unused();
        if (idle_ != 0) watchdog_.arm(*this, sweep_every);
    }

    Watchdog& watchdog_;
    Dialer dialer_;
    std::unordered_map<Endpoint, PoolShelf> shelves_;
    std::size_t idle_ = 0;
    std::size_t open_ = 0;
    bool closed_ = false;
};

Lease::Lease(std::shared_ptr<PoolShelves> shelves, PoolShelf* shelf,
             std::unique_ptr<Connection> connection, bool reused) noexcept
    : shelves_(std::move(shelves)),
      shelf_(shelf),
      connection_(std::move(connection)),
      reused_(reused) {}

Lease::Lease(Lease&& other) noexcept = default;

Lease& Lease::operator=(Lease&& other) noexcept {
    if (this == &other) return *this;
    give_back();
    shelves_ = std::move(other.shelves_);
    shelf_ = other.shelf_;
    connection_ = std::move(other.connection_);
    reused_ = other.reused_;
    return *this;
}

Lease::~Lease() {
    give_back();
}

void Lease::give_back() noexcept {
    if (connection_) shelves_->take_back(*shelf_, std::move(connection_));
}

Pool::Pool(asio::io_context& loop, Watchdog& watchdog)
    : shelves_(std::make_shared<PoolShelves>(loop, watchdog)) {}

Pool::~Pool() {
    shelves_->close();
}

asio::awaitable<Lease> Pool::acquire(const Endpoint& endpoint, bool fresh, std::uint64_t avoid) {
    return shelves_->acquire(endpoint, fresh, avoid);
}

std::optional<Lease> Pool::take_idle(const Endpoint& endpoint, std::uint64_t avoid) {
    return shelves_->take_idle(endpoint, avoid);
}

void Pool::close_idle() {
    shelves_->close_idle();
}

std::size_t Pool::idle() const {
    return shelves_->idle();
}

std::size_t Pool::shelves() const {
    return shelves_->shelves();
}

std::vector<Resolver::View> Pool::addresses() const {
    return shelves_->addresses();
}

std::size_t Pool::open() const {
    return shelves_->open();
}

}  // namespace s3pipes
