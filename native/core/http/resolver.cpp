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
    std::shared_ptr<Addresses> addresses = std::make_shared<Addresses>();
    Clock::time_point fresh_until;
    Clock::time_point renewed_at;
    bool looking = false;
    std::string failure;                       // of the last look-up
    std::vector<asio::steady_timer*> waiting;  // for the look-up under way
};

namespace {

// A name server that is down must not hold up those who still have addresses.
constexpr auto patience_with_old = 1s;
constexpr auto old_stay_for = 10s;
constexpr auto for_ever = Resolver::Clock::time_point::max();

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
            const auto now = Clock::now();
            std::vector<std::string> texts;
            for (const Address& address : interleaved(found))
                texts.push_back(address.address().to_string());
            name->addresses->found(texts, now);
            name->fresh_until = now + (found.empty() ? old_stay_for : fresh_for);
            name->renewed_at = now + renewed_after;
            for (asio::steady_timer* timer : name->waiting) timer->cancel();
        });
}

std::shared_ptr<Resolver::Name> Resolver::name_of(const Host& host) {
    std::shared_ptr<Name>& name = names_[host];
    if (name) return name;
    name = std::make_shared<Name>();
    if (!host.addresses.empty()) {
        name->addresses->found(host.addresses, Clock::now());
        name->fresh_until = name->renewed_at = for_ever;
    }
    return name;
}

asio::awaitable<Resolver::Route> Resolver::resolve(Host host, Clock::time_point deadline,
                                                   std::uint64_t avoid) {
    boost::system::error_code is_name;
    const auto literal = asio::ip::make_address(host.name, is_name);
    if (!is_name && host.addresses.empty()) co_return Route{{Address(literal, host.port)}, nullptr};

    const std::shared_ptr<Name> name = name_of(host);
    const auto now = Clock::now();
    const bool known = !name->addresses->empty();
    const bool stale = !known || now >= name->fresh_until;
    if ((stale || now >= name->renewed_at) && !name->looking) look_up(host.name, name);
    if (stale) {
        asio::steady_timer timer(loop_,
                                 known ? std::min(deadline, now + patience_with_old) : deadline);
        name->waiting.push_back(&timer);
        co_await timer.async_wait(asio::as_tuple(asio::deferred));
        std::erase(name->waiting, &timer);
    }
    if (!name->addresses->empty()) co_return route(host, *name, avoid);
    if (!name->looking) {
        throw Error(ErrorKind::connection, "cannot look up " + host.name + ": " + name->failure);
    }
    const bool cancelled = Clock::now() < deadline;
    throw Error(cancelled ? ErrorKind::cancelled : ErrorKind::timeout,
                "looking up " + host.name + (cancelled ? " was given up" : " took too long"));
}

Resolver::Route Resolver::route(const Host& host, Name& name, std::uint64_t avoid) {
    const auto now = Clock::now();
    Route route{{}, name.addresses->choose(now, avoid)};
    for (const std::string& address : name.addresses->order(*route.line, now))
        route.order.emplace_back(asio::ip::make_address(address), host.port);
    return route;
}

void Resolver::put_aside(const Address& address) {
    const std::string text = address.address().to_string();
    for (const auto& [host, name] : names_) {
        if (host.port == address.port()) name->addresses->put_aside(text, Clock::now());
    }
}

std::vector<Resolver::View> Resolver::view() const {
    std::vector<View> all;
    for (const auto& [host, name] : names_)
        all.push_back({host.name, host.port, name->addresses->view(Clock::now())});
    return all;
}

}  // namespace s3pipes
