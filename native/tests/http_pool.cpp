// Connections kept and used again.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "tests/http_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(http_pool)

BOOST_AUTO_TEST_CASE(connections_are_reused_the_last_used_first) {
    ScriptedServer server(always(of_length("x")));
    ClientLoop loop;
    const Endpoint endpoint = at(server);
    for (int i = 0; i < 20; ++i) {
        BOOST_TEST(loop.run(fetch(loop.pool, endpoint)).reused == (i > 0));
    }
    BOOST_TEST(server.connections() == 1);
    BOOST_TEST(loop.pool.idle() == 1u);
    BOOST_TEST(loop.pool.open() == 1u);
    loop.pool.close_idle();
    BOOST_TEST(loop.pool.open() == 0u);
    BOOST_TEST(!loop.run(fetch(loop.pool, endpoint)).reused);
    BOOST_TEST(server.connections() == 2);
}

BOOST_AUTO_TEST_CASE(a_fresh_connection_when_asked_for) {
    ScriptedServer server(always(of_length("x"), 1));
    ClientLoop loop;
    loop.run([](ClientLoop& l, Endpoint endpoint) -> asio::awaitable<void> {
        {
            Lease unused = co_await l.pool.acquire(endpoint);
        }
        BOOST_TEST(l.pool.idle() == 1u);
        Lease reused = co_await l.pool.acquire(endpoint);
        BOOST_TEST(reused.reused());
        Lease fresh = co_await l.pool.acquire(endpoint, true);
        BOOST_TEST(!fresh.reused());
        BOOST_TEST(l.pool.open() == 2u);
        reused = std::move(fresh);
        BOOST_TEST(!reused.reused());
        BOOST_TEST(l.pool.idle() == 1u);
    }(loop, at(server)));
}

BOOST_AUTO_TEST_CASE(a_stale_connection_is_not_used_again) {
    std::promise<void> closed;
    ScriptedServer server([&](Peer& peer, int connection) {
        peer.request();
        peer.send(of_length("x"));
        peer.close();
        if (connection == 0) closed.set_value();
    });
    ClientLoop loop;
    BOOST_TEST(loop.run(fetch(loop.pool, at(server))).reusable);
    closed.get_future().wait();
    BOOST_TEST(loop.pool.idle() == 1u);
    BOOST_TEST(!loop.run(fetch(loop.pool, at(server))).reused);
    BOOST_TEST(server.connections() == 2);
}

BOOST_AUTO_TEST_CASE(a_lease_may_outlive_its_pool) {
    ScriptedServer server(always(of_length("x")));
    asio::io_context io(1);
    Watchdog watchdog(io);
    auto pool = std::make_unique<Pool>(io, watchdog);
    std::optional<Lease> lease;
    asio::co_spawn(
        io, [&]() -> asio::awaitable<void> { lease.emplace(co_await pool->acquire(at(server))); },
        asio::detached);
    io.run();
    BOOST_TEST(lease.has_value());
    pool.reset();
    lease.reset();
}

BOOST_AUTO_TEST_CASE(a_connection_that_rested_works_on) {
    const Certificate certificate("DNS:localhost");
    const std::string body = noise(100'000);
    const std::string chunks =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186A0\r\n" + body + "\r\n0\r\n\r\n";
    ScriptedServer plain(always(chunks));
    ScriptedServer secure(always(chunks), &certificate);
    ClientLoop loop;
    for (const Endpoint& endpoint :
         {at(plain), tls_at(secure, TlsTrust::make(true, certificate.file()))}) {
        loop.run(
            [](ClientLoop& l, Endpoint to, const std::string& expected) -> asio::awaitable<void> {
                Lease lease = co_await l.pool.acquire(to);
                for (int i = 0; i < 3; ++i) {
                    co_await lease->exchange(get, false);
                    const std::string text = co_await lease->read_text(1 << 20);
                    BOOST_TEST((text == expected));
                    BOOST_TEST(lease->still_good());
                    lease->rest();
                }
            }(loop, endpoint, body));
    }
}

BOOST_AUTO_TEST_CASE(equal_settings_are_one_trust_and_share_connections) {
    const Certificate certificate("DNS:localhost");
    const Certificate other("DNS:localhost");
    ScriptedServer server(always(of_length("x")), &certificate);
    ClientLoop loop;
    const auto trust = TlsTrust::make(true, certificate.file());
    BOOST_TEST(TlsTrust::make(true, certificate.file()) == trust);
    BOOST_TEST(TlsTrust::make(true, other.file()) != trust);
    BOOST_TEST(TlsTrust::make(false, certificate.file()) != trust);
    BOOST_TEST(!loop.run(fetch(loop.pool, tls_at(server, trust))).reused);
    const auto again = TlsTrust::make(true, certificate.file());
    BOOST_TEST(loop.run(fetch(loop.pool, tls_at(server, again))).reused);
    // Written anew, the file may say something else.
    std::filesystem::last_write_time(
        certificate.file(), std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
    BOOST_TEST(TlsTrust::make(true, certificate.file()) != trust);
}

BOOST_AUTO_TEST_CASE(a_shelf_ends_with_its_last_connection_and_takes_its_trust_along) {
    const Certificate certificate("DNS:localhost");
    ScriptedServer server(always(of_length("x")), &certificate);
    ScriptedServer closing(always("HTTP/1.1 200 OK\r\n\r\nx", 1), &certificate);
    ClientLoop loop;
    auto trust = TlsTrust::make(true, certificate.file());
    const std::weak_ptr<TlsTrust> left = trust;
    {
        const Endpoint endpoint = tls_at(server, trust);
        BOOST_TEST(loop.run(fetch(loop.pool, endpoint)).body == "x");
        BOOST_TEST(loop.pool.shelves() == 1u);
        loop.run([](ClientLoop& l, Endpoint to) -> asio::awaitable<void> {
            Lease lease = co_await l.pool.acquire(to);
            l.pool.close_idle();
            BOOST_TEST(l.pool.shelves() == 1u);
            co_await lease->exchange(get, false);
            co_await lease->read_text(9);
        }(loop, endpoint));
        BOOST_TEST(loop.pool.idle() == 1u);
        loop.pool.close_idle();
        BOOST_TEST(loop.pool.shelves() == 0u);
        // What is closed after use, or never comes to be, leaves none either.
        BOOST_TEST(loop.run(fetch(loop.pool, tls_at(closing, trust))).body == "x");
        BOOST_TEST(loop.pool.shelves() == 0u);
        Endpoint nowhere = endpoint;
        nowhere.port = refusing_port();
        loop.error_of(fetch(loop.pool, nowhere));
        nowhere.host = "127.0.0.1";  // shows a certificate of another name
        nowhere.port = server.port();
        BOOST_TEST((loop.error_of(fetch(loop.pool, nowhere)).kind == ErrorKind::certificate));
        BOOST_TEST(loop.pool.shelves() == 0u);
    }
    trust.reset();
    BOOST_TEST(left.expired());
}

BOOST_AUTO_TEST_CASE(a_peer_that_says_more_than_was_asked_is_not_asked_again) {
    // Whether it comes with the body's last bytes or is only found in the socket.
    const std::string body = noise(100'000);
    ScriptedServer server(always(of_length(body) + "HTTP/1.1 200 OK\r\n"));
    ClientLoop loop;
    for (int i = 0; i < 5; ++i) {
        const Fetched answer = loop.run(fetch(loop.pool, at(server)));
        BOOST_TEST((answer.body == body));
        BOOST_TEST(!answer.reused);
    }
}

BOOST_AUTO_TEST_CASE(a_stale_shelf_ends_as_it_is_looked_at) {
    std::promise<void> closed;
    ScriptedServer server([&](Peer& peer, int) {
        peer.request();
        peer.send(of_length("x"));
        peer.close();
        closed.set_value();
    });
    ClientLoop loop;
    loop.run(fetch(loop.pool, at(server)));
    closed.get_future().wait();
    BOOST_TEST(loop.pool.shelves() == 1u);
    BOOST_TEST(!loop.pool.take_idle(at(server)).has_value());
    BOOST_TEST(loop.pool.shelves() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
