#include "core/http/dialer.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/http/endpoint.hpp"
#include "core/http/socket.hpp"
#include "core/words/error.hpp"

namespace s3pipes {
namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = Resolver::Clock;

struct Dialer::Race : std::enable_shared_from_this<Dialer::Race> {
    struct Attempt {
        explicit Attempt(asio::io_context& loop, const Resolver::Address& to)
            : socket(loop), address(to) {}
        tcp::socket socket;
        Resolver::Address address;
        bool running = true;
    };

    explicit Race(asio::io_context& loop) : wake(loop) {}

    bool running() const {
        return std::any_of(attempts.begin(), attempts.end(),
                           [](const auto& attempt) { return attempt->running; });
    }
    void call_off() {
        over = true;
        for (auto& attempt : attempts) end_socket(attempt->socket);
    }

    asio::steady_timer wake;
    std::vector<std::unique_ptr<Attempt>> attempts;
    Attempt* winner = nullptr;
    boost::system::error_code failure;  // the last one
    std::size_t failures_seen = 0;
    std::size_t failures = 0;
    bool over = false;
};

Dialer::Dialer(asio::io_context& loop) : loop_(loop), resolver_(loop) {}

void Dialer::start_attempt(Race& race, const Resolver::Address& address) {
    race.attempts.push_back(std::make_unique<Race::Attempt>(loop_, address));
    Race::Attempt& attempt = *race.attempts.back();
    const auto finished = [kept = race.shared_from_this(),
                           &attempt](const boost::system::error_code& failure) {
        attempt.running = false;
        if (failure) {
            kept->failure = failure;
            ++kept->failures;
        } else if (kept->winner == nullptr) {
            kept->winner = &attempt;
        }
        if (!kept->over) kept->wake.cancel();
    };
    if (const auto failure = open_socket(attempt.socket, address.protocol())) {
        finished(failure);
    } else {
        attempt.socket.async_connect(address, finished);
    }
}

asio::awaitable<Dialer::Dialed> Dialer::dial(Resolver::Host host, Clock::time_point deadline,
                                             std::uint64_t avoid) {
    auto [addresses, line] = co_await resolver_.resolve(host, deadline, avoid);
    const auto race = std::make_shared<Race>(loop_);
    const auto at_end = [](Race* ended) { ended->call_off(); };
    const std::unique_ptr<Race, decltype(at_end)> guard(race.get(), at_end);

    auto next = addresses.begin();
    auto next_start = Clock::now();
    const auto complaint = [&](const std::string& reason) {
        return "cannot connect to " + host_and_port(host.name, host.port) + ": " + reason + " (" +
               std::to_string(race->attempts.size()) +
               (race->attempts.size() == 1 ? " address" : " addresses") + " tried)";
    };
    const auto put_losers_aside = [&] {
        for (const auto& attempt : race->attempts) {
            if (attempt.get() != race->winner) resolver_.put_aside(attempt->address);
        }
    };
    while (race->winner == nullptr) {
        const auto now = Clock::now();
        if (now >= deadline) {
            put_losers_aside();
            throw Error(ErrorKind::timeout, complaint("no answer in time"));
        }
        const bool one_failed =
            std::exchange(race->failures_seen, race->failures) != race->failures;
        if (next != addresses.end() && (one_failed || now >= next_start || !race->running())) {
            start_attempt(*race, *next++);
            next_start = now + head_start;
            continue;
        }
        if (!race->running()) {
            put_losers_aside();
            throw Error(ErrorKind::connection, complaint(race->failure.message()));
        }
        race->wake.expires_at(next == addresses.end() ? deadline : std::min(deadline, next_start));
        co_await race->wake.async_wait(asio::as_tuple(asio::deferred));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            throw Error(ErrorKind::cancelled, complaint("given up"));
        }
    }
    put_losers_aside();
    if (line) line->moved_to(race->winner->address.address().to_string());
    co_return Dialed{std::move(race->winner->socket), std::move(line)};
}

}  // namespace s3pipes
