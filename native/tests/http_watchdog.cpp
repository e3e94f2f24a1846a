// What stalls, and what only is slow.
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <thread>

#include "tests/http_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(http_watchdog)

BOOST_AUTO_TEST_CASE(no_progress_is_a_timeout) {
    ClientLoop loop;
    for (const std::string start : {"", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"}) {
        ScriptedServer server([&](Peer& peer, int) {
            peer.request();
            peer.send(start);
            peer.wait_for_close();
        });
        Endpoint endpoint = at(server);
        endpoint.progress_timeout = 300ms;
        const auto began = std::chrono::steady_clock::now();
        const Error error = loop.error_of(fetch(loop.pool, endpoint));
        const auto took = std::chrono::steady_clock::now() - began;
        BOOST_TEST((error.kind == ErrorKind::timeout));
        BOOST_TEST(mentions(error, "for 0.3 s"));
        BOOST_TEST((took >= 300ms));
        BOOST_TEST((took < 5s));
    }
}

BOOST_AUTO_TEST_CASE(slow_progress_is_progress) {
    // Twelve pieces 100 ms apart, paced by the client's own clock, outlast a limit of 600 ms.
    ClientLoop loop;
    std::promise<void> pieces[12];
    ScriptedServer server([&](Peer& peer, int) {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
        for (auto& piece : pieces) {
            piece.get_future().wait();
            peer.send("x");
        }
        peer.wait_for_close();
    });
    asio::co_spawn(
        loop.io,
        [&]() -> asio::awaitable<void> {
            asio::steady_timer tick(loop.io);
            for (auto& piece : pieces) {
                tick.expires_after(100ms);
                co_await tick.async_wait(asio::deferred);
                piece.set_value();
            }
        },
        asio::detached);
    Endpoint endpoint = at(server);
    endpoint.progress_timeout = 600ms;
    BOOST_TEST(loop.run(fetch(loop.pool, endpoint)).body == std::string(12, 'x'));
}

BOOST_AUTO_TEST_CASE(abort_ends_a_read) {
    std::promise<void> gone;
    ScriptedServer server([&](Peer& peer, int) {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx");
        peer.wait_for_close();
        gone.set_value();
    });
    ClientLoop loop;
    const Error error =
        loop.error_of([](ClientLoop& l, Endpoint endpoint) -> asio::awaitable<void> {
            Lease lease = co_await l.pool.acquire(endpoint);
            co_await lease->exchange(get, false);
            std::array<std::byte, 100> into;
            const std::function<void(std::size_t)> abort = [&](std::size_t) {
                asio::post(l.io, [&] { lease->cut(); });
            };
            co_await lease->read_into(into, &abort);
        }(loop, at(server)));
    BOOST_TEST((error.kind == ErrorKind::cancelled));
    gone.get_future().wait();
    BOOST_TEST(loop.pool.open() == 0u);
}

BOOST_AUTO_TEST_CASE(watchdog_expires_what_is_armed_and_only_that) {
    struct Watched final : Watchdog::Watch {
        void expired() noexcept override {
            ++times;
            if (also != nullptr) also->disarm();
        }
        int times = 0;
        Watched* also = nullptr;
    };
    asio::io_context io(1);
    Watchdog watchdog(io);
    watchdog.start();
    Watched early, never, sibling, late;
    watchdog.arm(late, 500ms);
    watchdog.arm(never, 100ms);
    watchdog.arm(sibling, 100ms);
    watchdog.arm(early, 100ms);
    early.also = &sibling;
    never.disarm();
    io.run();  // ends when nothing is armed any more
    BOOST_TEST(early.times == 1);
    BOOST_TEST(never.times == 0);
    BOOST_TEST(sibling.times == 0);
    BOOST_TEST(late.times == 1);
    BOOST_TEST(!late.armed());
}

BOOST_AUTO_TEST_CASE(a_loop_that_is_held_up_knows_for_how_long) {
    struct Watched final : Watchdog::Watch {
        void expired() noexcept override { ended = true; }
        bool ended = false;
    };
    asio::io_context io(1);
    Watchdog watchdog(io);
    watchdog.start();
    Watched watched;
    watchdog.arm(watched, 600ms);
    io.run_for(250ms);
    BOOST_TEST((watchdog.held_up() == 0ms));
    const auto began = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - began < 1300ms) std::this_thread::yield();
    // Also before the tick that is due.
    BOOST_TEST((watchdog.held_up() >= 1100ms));
    io.run();
    BOOST_TEST(watched.ended);
    BOOST_TEST((watchdog.held_up() >= 1100ms));
    BOOST_TEST((watchdog.held_up() < 2000ms));
}

BOOST_AUTO_TEST_SUITE_END()
