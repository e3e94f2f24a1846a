// A name with several addresses: where connections go, and which of them end.
#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "tests/forked_child.hpp"
#include "tests/http_front.hpp"
#include "tests/store_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;
using namespace std::chrono_literals;

namespace {

asio::awaitable<void> keep_asking(Pool& pool, Endpoint to, const bool& over, int& failures) {
    while (!over) {
        try {
            co_await fetch(pool, to);
        } catch (const Error&) {
            ++failures;
        }
    }
}

// Some that ask all the time.
struct Crowd {
    ClientLoop& loop;
    bool over = false;
    int failures = 0;
    int running = 0;

    Crowd(ClientLoop& on, const Endpoint& to, int size) : loop(on) {
        for (; running < size; ++running) {
            auto asking = keep_asking(loop.pool, to, over, failures);
            asio::co_spawn(loop.io, std::move(asking), [this](const auto&) { --running; });
        }
    }
    ~Crowd() { end(); }
    template <class Seen>
    bool until(Seen seen) {
        const auto latest = std::chrono::steady_clock::now() + 20s;
        loop.io.restart();
        while (!seen() && std::chrono::steady_clock::now() < latest) loop.io.run_one_for(100ms);
        return seen();
    }
    void end() {
        over = true;
        until([this] { return running == 0; });
    }
};

bool left(const Pool& pool, std::size_t i) {
    for (const auto& name : pool.addresses())
        for (const auto& one : name.addresses)
            if (one.address == Front::address(i)) return one.left;
    return false;
}

// The server's thread sees a connection later than we do.
bool becomes(const std::atomic<int>& count, int value) {
    const auto latest = std::chrono::steady_clock::now() + 20s;
    while (count != value && std::chrono::steady_clock::now() < latest) std::this_thread::yield();
    return count == value;
}

std::vector<Lease> leases(ClientLoop& loop, const Endpoint& to, std::size_t count) {
    std::vector<Lease> all;
    const auto take = [](Pool& pool, Endpoint from,
                         std::vector<Lease>& into) -> asio::awaitable<void> {
        into.push_back(co_await pool.acquire(from));
    };
    for (std::size_t i = 0; i < count; ++i) {
        auto taking = take(loop.pool, to, all);
        asio::co_spawn(loop.io, std::move(taking), asio::detached);
    }
    const auto latest = std::chrono::steady_clock::now() + 20s;
    loop.io.restart();
    while (all.size() < count && std::chrono::steady_clock::now() < latest)
        loop.io.run_one_for(100ms);
    BOOST_REQUIRE(all.size() == count);
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_addresses, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(connections_are_spread_over_all) {
    Front front(8);
    ClientLoop loop;
    auto held = leases(loop, front.endpoint(), 32);
    const auto names = loop.pool.addresses();
    BOOST_REQUIRE(names.size() == 1u);
    BOOST_TEST(names[0].host == "store.example");
    BOOST_TEST(names[0].port == front.endpoint().port);
    BOOST_REQUIRE(names[0].addresses.size() == 8u);
    for (const auto& one : names[0].addresses) {
        BOOST_TEST(one.connections == 4u);
        BOOST_TEST(one.weight == 1);
        BOOST_TEST(one.latency_s == 0);
        BOOST_TEST(!one.left);
    }
    held.clear();
    loop.pool.close_idle();
    const auto after = loop.pool.addresses();
    for (const auto& one : after[0].addresses) BOOST_TEST(one.connections == 0u);
}

BOOST_AUTO_TEST_CASE(a_slow_one_is_left_beside_a_living_child) {
    Front front(4);
    for (std::size_t i = 0; i < 4; ++i) front.latency_ms[i] = i == 1 ? 120 : 10;
    ClientLoop loop;
    std::optional<Child> child;
    Crowd crowd(loop, front.endpoint(), 16);
    BOOST_REQUIRE(crowd.until([&] { return loop.pool.open() == 16; }));
    child.emplace();  // holds all sixteen
    BOOST_TEST(crowd.until([&] { return left(loop.pool, 1); }));
    // Its connections end, in use or idle, and none comes in their place.
    BOOST_TEST(crowd.until([&] { return front.open[1] == 0; }));
    const int before = front.opened[1];
    const int answers = front.answers[0];
    BOOST_TEST(crowd.until([&] { return front.answers[0] > answers + 50; }));
    BOOST_TEST(front.opened[1] == before);
    crowd.end();
    BOOST_TEST(crowd.failures == 0);
    const auto after = loop.pool.addresses();
    for (const auto& one : after[0].addresses) {
        if (one.left) continue;
        BOOST_TEST(one.connections >= 4u);
        BOOST_TEST(one.latency_s > 0.008);
        BOOST_TEST(one.latency_s < 0.080);
    }
}

BOOST_AUTO_TEST_CASE(idle_connections_to_one_that_is_left_end_without_being_asked_for) {
    Front front(2);
    front.latency_ms[0] = 10;
    front.latency_ms[1] = 200;
    ClientLoop loop;
    const Endpoint to = front.endpoint();
    {
        auto held = leases(loop, to, 12);
    }
    BOOST_TEST(loop.pool.idle() == 12u);
    Crowd crowd(loop, to, 8);
    BOOST_TEST(crowd.until([&] { return left(loop.pool, 1); }));
    crowd.end();
    BOOST_TEST(crowd.until([&] { return front.open[1] == 0; }));
    BOOST_TEST(front.open[0] > 0);
    BOOST_TEST(loop.pool.open() == loop.pool.idle());
}

BOOST_AUTO_TEST_CASE(one_that_refuses_costs_nobody_a_request) {
    Front front(3);
    front.refuse(1);
    ClientLoop loop;
    Endpoint to = front.endpoint();
    auto held = leases(loop, to, 12);
    BOOST_TEST(front.opened[1] == 0);
    const auto after = loop.pool.addresses();
    for (const auto& one : after[0].addresses) {
        BOOST_TEST(one.aside == (one.address == Front::address(1)));
        BOOST_TEST((one.connections == 0) == one.aside);
    }
}

BOOST_AUTO_TEST_CASE(another_attempt_goes_to_another_address) {
    Front front(2);
    front.cuts[0] = true;
    ClientLoop loop;
    S3Target target;
    target.endpoint = front.endpoint();
    target.bucket = "bucket";
    target.base_path = "/bucket";
    target.region = "us-east-1";
    const auto credentials = std::make_shared<CredentialCell>();
    const auto store =
        std::make_shared<S3Store>(target, credentials, std::vector<Pool*>{&loop.pool});
    auto held = leases(loop, target.endpoint, 1);
    const std::uint64_t first = held.front()->mark();
    for (Lease& lease : leases(loop, target.endpoint, 3)) held.push_back(std::move(lease));
    // Those of the first address are used last, and so come first.
    std::stable_partition(held.begin(), held.end(),
                          [&](const Lease& lease) { return lease->mark() != first; });
    for (Lease& lease : held) const Lease ended = std::move(lease);
    BOOST_TEST(becomes(front.opened[0], 2));
    BOOST_TEST(becomes(front.opened[1], 2));
    GetRequest request{"key", std::nullopt, "", std::nullopt};
    CollectingSink half, whole;
    const Error error = loop.error_of(store->get(request, half));
    BOOST_TEST((error.kind == ErrorKind::connection));
    BOOST_TEST(error.from == first);
    // An idle one would do, and of the same address one is there too.
    request.avoid = error.from;
    loop.run(store->get(request, whole));
    BOOST_TEST(whole.whole());
    BOOST_TEST(front.opened[0] + front.opened[1] == 4);
    // None is idle there: a new one.
    loop.pool.close_idle();
    const int opened = front.opened[1];
    for (int i = 0; i < 5; ++i) {
        CollectingSink again;
        loop.run(store->get(request, again));
        BOOST_TEST(again.whole());
    }
    BOOST_TEST(front.opened[1] <= opened + 1);
}

BOOST_AUTO_TEST_CASE(with_one_address_nothing_is_measured_and_nothing_avoided) {
    Front front(1);
    ClientLoop loop;
    Lease lease = std::move(leases(loop, front.endpoint(), 1).front());
    BOOST_TEST(lease->mark() == 0u);
    loop.run([](Lease& held) -> asio::awaitable<void> {
        co_await held->exchange(get, false);
        co_await held->read_text(1 << 20);
    }(lease));
    BOOST_TEST(loop.pool.addresses()[0].addresses[0].latency_s == 0);
    BOOST_TEST(lease->stays());
}

BOOST_AUTO_TEST_SUITE_END()
