// Bodies of every framing, whole and cut short.
#include <array>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <span>
#include <string>

#include "tests/http_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(http_bodies)

BOOST_AUTO_TEST_CASE(body_larger_than_any_buffer_fills_its_place) {
    const std::string body = noise(9'000'001);
    ScriptedServer server(always(of_length(body)));
    ClientLoop loop;
    std::string got(body.size(), '\0');
    std::size_t last = 0;
    std::size_t calls = 0;
    const std::function<void(std::size_t)> progress = [&](std::size_t filled) {
        BOOST_TEST(filled > last);
        last = filled;
        ++calls;
    };
    loop.run([](ClientLoop& l, Endpoint endpoint, std::string& into,
                const std::function<void(std::size_t)>* heard) -> asio::awaitable<void> {
        Lease lease = co_await l.pool.acquire(endpoint);
        co_await lease->exchange(get, false);
        co_await lease->read_into(std::as_writable_bytes(std::span(into)), heard);
        BOOST_TEST(lease->reusable());
    }(loop, at(server), got, &progress));
    BOOST_TEST((got == body));
    BOOST_TEST(last == body.size());
    BOOST_TEST(calls > 1u);
    BOOST_TEST(loop.pool.idle() == 1u);
}

BOOST_AUTO_TEST_CASE(chunked_with_extensions_and_trailers) {
    const std::string big = noise(100'000);
    const std::string response =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5;name=value;q=\"x;y\"\r\nhello\r\n1\r\n \r\n186A0\r\n" +
        big + "\r\n0\r\nX-Trailer: t\r\n\r\n";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, response.size()}) {
        ScriptedServer server([&](Peer& peer, int) {
            while (!peer.request().empty()) peer.send_in_pieces(response, piece);
        });
        ClientLoop loop;
        for (int i = 0; i < 2; ++i) {
            const Fetched answer = loop.run(fetch(loop.pool, at(server)));
            BOOST_TEST((answer.body == "hello " + big));
            BOOST_TEST(answer.reusable);
            BOOST_TEST(answer.reused == (i == 1));
        }
    }
}

BOOST_AUTO_TEST_CASE(chunked_that_breaks_off_or_breaks_the_rules) {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    ClientLoop loop;
    for (const std::string body : {"5\r\nhel", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n"}) {
        ScriptedServer server(always(head + body, 1));
        const Error error = loop.error_of(fetch(loop.pool, at(server)));
        BOOST_TEST((error.kind == ErrorKind::connection));
        BOOST_TEST(mentions(error, "last chunk"));
    }
    for (const std::string body : {"x\r\n", "5\r\nhelloo\r\n", "-1\r\n", "11112222333344445\r\n"}) {
        ScriptedServer server(always(head + body, 1));
        BOOST_TEST((loop.error_of(fetch(loop.pool, at(server))).kind == ErrorKind::bad_response));
    }
    ScriptedServer endless(always(head + "5;" + std::string(80'000, 'e'), 1));
    BOOST_TEST((loop.error_of(fetch(loop.pool, at(endless))).kind == ErrorKind::bad_response));
    BOOST_TEST(loop.pool.open() == 0u);
}

BOOST_AUTO_TEST_CASE(body_that_ends_with_the_connection) {
    const std::string body = noise(300'000);
    ClientLoop loop;
    for (const std::string start : {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
                                    "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"}) {
        ScriptedServer server(always(start + body, 1));
        const Fetched answer = loop.run(fetch(loop.pool, at(server)));
        BOOST_TEST((answer.body == body));
        BOOST_TEST(!answer.reusable);
    }
    BOOST_TEST(loop.pool.open() == 0u);
}

BOOST_AUTO_TEST_CASE(bodies_that_end_early) {
    ClientLoop loop;
    ScriptedServer closing(
        always("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(58, 'x'), 1));
    const Error closed = loop.error_of(fetch(loop.pool, at(closing)));
    BOOST_TEST((closed.kind == ErrorKind::connection));
    BOOST_TEST(mentions(closed, "42 bytes early"));

    ScriptedServer silent(always("", 1));
    const Error unanswered = loop.error_of(fetch(loop.pool, at(silent)));
    BOOST_TEST((unanswered.kind == ErrorKind::connection));
    BOOST_TEST(mentions(unanswered, "without an answer"));

    ScriptedServer half(always("HTTP/1.1 200 OK\r\nETa", 1));
    BOOST_TEST(mentions(loop.error_of(fetch(loop.pool, at(half))), "within a response's head"));

    ScriptedServer resetting([](Peer& peer, int) {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx");
        peer.reset();
    });
    const Error reset = loop.error_of(fetch(loop.pool, at(resetting)));
    BOOST_TEST((reset.kind == ErrorKind::connection));
    BOOST_TEST(mentions(reset, std::to_string(resetting.port())));
}

BOOST_AUTO_TEST_CASE(more_asked_for_than_the_body_has) {
    ScriptedServer server(always(of_length("12345")));
    ClientLoop loop;
    const Error error =
        loop.error_of([](ClientLoop& l, Endpoint endpoint) -> asio::awaitable<void> {
            Lease lease = co_await l.pool.acquire(endpoint);
            co_await lease->exchange(get, false);
            std::array<std::byte, 8> into;
            co_await lease->read_into(into);
        }(loop, at(server)));
    BOOST_TEST((error.kind == ErrorKind::bad_response));
    BOOST_TEST(mentions(error, "3 bytes shorter"));
}

BOOST_AUTO_TEST_CASE(text_is_limited) {
    ScriptedServer server(always(of_length(std::string(5000, 't'))));
    ClientLoop loop;
    const auto text = [](ClientLoop& l, Endpoint endpoint,
                         std::size_t limit) -> asio::awaitable<std::string> {
        Lease lease = co_await l.pool.acquire(endpoint);
        co_await lease->exchange(get, false);
        co_return co_await lease->read_text(limit);
    };
    BOOST_TEST(loop.run(text(loop, at(server), 5000)).size() == 5000u);
    const Error error = loop.error_of(text(loop, at(server), 4999));
    BOOST_TEST((error.kind == ErrorKind::bad_response));
}

BOOST_AUTO_TEST_CASE(a_body_goes_out_and_a_refusal_comes_back) {
    const std::string body = noise(20'000'000);
    ClientLoop loop;
    const auto put = [](ClientLoop& l, Endpoint endpoint,
                        const std::string& what) -> asio::awaitable<int> {
        Lease lease = co_await l.pool.acquire(endpoint);
        const std::string head =
            "PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(what.size()) +
            "\r\n\r\n";
        co_await lease->exchange(head, false, std::as_bytes(std::span(what)));
        co_return lease->head().status;
    };
    ScriptedServer accepting([&](Peer& peer, int) {
        peer.request();
        if (peer.body(body.size()) == body) peer.send("HTTP/1.1 200 OK\r\n\r\n");
        peer.close();
    });
    BOOST_TEST(loop.run(put(loop, at(accepting), body)) == 200);

    ScriptedServer refusing([](Peer& peer, int) {
        peer.request();
        peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        peer.close();
    });
    BOOST_TEST(loop.run(put(loop, at(refusing), body)) == 403);
    BOOST_TEST(loop.pool.open() == 0u);

    // SIGPIPE has its default effect here: to write to a closed peer must not raise it.
    ScriptedServer closing([](Peer& peer, int) {
        peer.request();
        peer.reset();
    });
    BOOST_TEST((loop.error_of(put(loop, at(closing), body)).kind == ErrorKind::connection));
    const Certificate certificate("DNS:localhost");
    ScriptedServer secure(
        [](Peer& peer, int) {
            peer.request();
            peer.reset();
        },
        &certificate);
    const Endpoint endpoint = tls_at(secure, TlsTrust::make(true, certificate.file()));
    BOOST_TEST((loop.error_of(put(loop, endpoint, body)).kind == ErrorKind::connection));
}

BOOST_AUTO_TEST_SUITE_END()
