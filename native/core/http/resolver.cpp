#include "core/http/resolver.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "core/words/error.hpp"

namespace s3pipes {
namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Resolver::Name {
    std::vector<Address> found;  // port 0
    Clock::time_point fresh_until;
    std::size_t turn = 0;
    bool looking = false;
    std::string failure;                       // of the last look-up
    std::vector<asio::steady_timer*> waiting;  // for the look-up under way
};

namespace {

// A name server that is down must not hold up those who still have addresses.
constexpr auto patience_with_old = 1s;
constexpr auto old_stay_for = 10s;

}  // namespace

Resolver::Resolver(asio::io_context& loop) : loop_(loop), resolver_(loop) {}

std::vector<Resolver::Address> Resolver::interleaved(const std::vector<Address>& found) {
    std::vector<Address> order;
    order.reserve(found.size());
    if (found.empty()) return order;
    // The system sorts by preference: the family of its first address goes first.
    const bool first_is_v6 = found.front().address().is_v6();
    std::vector<Address> other;
    for (const Address& address : found) {
        (address.address().is_v6() == first_is_v6 ? order : other).push_back(address);
    }
    for (std::size_t i = 0; i < other.size(); ++i) {
        const std::size_t place = std::min(2 * i + 1, order.size());
        order.insert(order.begin() + static_cast<std::ptrdiff_t>(place), other[i]);
    }
    return order;
}

void Resolver::look_up(const std::string& host, const std::shared_ptr<Name>& name) {
    name->looking = true;
    resolver_.async_resolve(
        host, "", [name](const boost::system::error_code& failure, const auto& results) {
            name->looking = false;
            name->failure = failure ? failure.message() : "";
            std::vector<Address> found;
            for (const auto& result : results) {
                const Address address(result.endpoint().address(), 0);
                if (std::find(found.begin(), found.end(), address) == found.end()) {
                    found.push_back(address);
                }
            }
            if (!found.empty()) name->found = interleaved(found);
            name->fresh_until = Clock::now() + (found.empty() ? old_stay_for : fresh_for);
            for (asio::steady_timer* timer : name->waiting) timer->cancel();
        });
}

asio::awaitable<std::vector<Resolver::Address>> Resolver::resolve(std::string host,
                                                                  std::uint16_t port,
                                                                  Clock::time_point deadline) {
    boost::system::error_code is_name;
    const auto literal = asio::ip::make_address(host, is_name);
    if (!is_name) co_return std::vector{Address(literal, port)};

    std::shared_ptr<Name>& kept = names_[host];
    if (!kept) kept = std::make_shared<Name>();
    const std::shared_ptr<Name> name = kept;
    const bool stale = name->found.empty() || Clock::now() >= name->fresh_until;
    if (stale && !name->looking) look_up(host, name);
    if (stale) {
        asio::steady_timer timer(loop_, name->found.empty()
                                            ? deadline
                                            : std::min(deadline, Clock::now() + patience_with_old));
        name->waiting.push_back(&timer);
        co_await timer.async_wait(asio::as_tuple(asio::deferred));
        std::erase(name->waiting, &timer);
    }
    if (!name->found.empty()) co_return in_turn(*name, port);
    if (!name->looking) {
        throw Error(ErrorKind::connection, "cannot look up " + host + ": " + name->failure);
    }
    const bool cancelled = Clock::now() < deadline;
    throw Error(cancelled ? ErrorKind::cancelled : ErrorKind::timeout,
                "looking up " + host + (cancelled ? " was given up" : " took too long"));
}

std::vector<Resolver::Address> Resolver::in_turn(Name& name, std::uint16_t port) {
    const auto now = Clock::now();
    std::erase_if(aside_, [&](const auto& entry) { return entry.second <= now; });
    std::vector<Address> order;
    order.reserve(name.found.size());
    for (std::size_t i = 0; i < name.found.size(); ++i) {
        order.emplace_back(name.found[(name.turn + i) % name.found.size()].address(), port);
    }
    ++name.turn;
    std::stable_partition(order.begin(), order.end(),
                          [&](const Address& address) { return !aside_.contains(address); });
    return order;
}

void Resolver::put_aside(const Address& address) {
    aside_[address] = Clock::now() + aside_for;
}

}  // namespace s3pipes
