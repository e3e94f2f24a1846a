// The HTTP floor against a real server on a real socket, which misbehaves as told.
#include <openssl/ssl.h>

#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/http/pool.hpp"
#include "core/http/resolver.hpp"
#include "core/words/error.hpp"
#include "tests/scripted_server.hpp"

namespace asio = boost::asio;
using namespace s3pipes;
using namespace std::chrono_literals;
using test::Certificate;
using test::Peer;
using test::ScriptedServer;

namespace {

const std::string get = "GET /bucket/key?x=1 HTTP/1.1\r\nHost: h\r\n\r\n";

struct Loop {
    asio::io_context io{1};
    Watchdog watchdog{io};
    Pool pool{io, watchdog};

    Loop() { watchdog.start(); }

    // Runs to the end of `work`; hands on what it throws.
    template <class T>
    T run(asio::awaitable<T> work) {
        auto result = asio::co_spawn(io, std::move(work), asio::use_future);
        io.restart();
        const auto latest = std::chrono::steady_clock::now() + 30s;
        while (result.wait_for(0s) != std::future_status::ready) {
            io.run_one_until(latest);
            BOOST_REQUIRE(std::chrono::steady_clock::now() < latest);
        }
        return result.get();
    }

    // The Error that `work` ends with.
    template <class T>
    Error error_of(asio::awaitable<T> work) {
        try {
            run(std::move(work));
        } catch (const Error& error) {
            return error;
        }
        BOOST_FAIL("no error came");
        throw std::logic_error("unreachable");
    }
};

Endpoint at(const ScriptedServer& server) {
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = server.port();
    return endpoint;
}

Endpoint tls_at(const ScriptedServer& server, std::shared_ptr<TlsTrust> trust) {
    Endpoint endpoint = at(server);
    endpoint.tls = true;
    endpoint.host = "localhost";
    endpoint.trust = std::move(trust);
    return endpoint;
}

struct Answer {
    ResponseHead head;
    std::string body;
    bool reused = false;
    bool reusable = false;
};

asio::awaitable<Answer> fetch(Pool& pool, Endpoint endpoint, std::string request = get) {
    Lease lease = co_await pool.acquire(endpoint);
    Answer answer;
    answer.reused = lease.reused();
    co_await lease->exchange(request, request.starts_with("HEAD"));
    answer.head = lease->head();
    answer.body = co_await lease->read_text(64 << 20);
    answer.reusable = lease->reusable();
    co_return answer;
}

// Answers each request on each connection with `response`, and closes after `requests` of them.
ScriptedServer::Script always(std::string response, int requests = 1 << 20) {
    return [=](Peer& peer, int) {
        for (int i = 0; i < requests && !peer.request().empty(); ++i) peer.send(response);
        peer.close();
    };
}

std::string of_length(const std::string& body, const std::string& fields = "") {
    return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

std::string noise(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 1;
    for (char& byte : bytes)
        byte = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
    return bytes;
}

bool mentions(const Error& error, std::string_view word) {
    const bool found = error.message.find(word) != std::string::npos;
    if (!found) BOOST_TEST_MESSAGE("message: " << error.message);
    return found;
}

// A port of the loopback that refuses connections.
std::uint16_t refusing_port() {
    asio::io_context io;
    asio::ip::tcp::acceptor taken(io, {asio::ip::address_v4::loopback(), 0});
    return taken.local_endpoint().port();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http)

BOOST_AUTO_TEST_CASE(head_in_one_byte_pieces) {
    ScriptedServer server([](Peer& peer, int) {
        peer.request();
        peer.send_in_pieces(
            of_length("hello",
                      "ETag: \"abc\"\r\nx-amz-Request-Id: 17\r\nContent-Range: bytes 0-4/9\r\n"
                      "Content-Type: text/plain\r\nLast-Modified: Mon\r\nX-Other: 1\r\n"
                      "x-amz-bucket-region: eu-west-1\r\nRetry-After: 3\r\n"
                      "x-amz-checksum-crc32c: AAAAAA==\r\nServer: s\r\nDate: d\r\n"),
            1);
        peer.wait_for_close();
    });
    Loop loop;
    const Answer answer = loop.run(fetch(loop.pool, at(server)));
    BOOST_TEST(answer.body == "hello");
    BOOST_TEST(answer.head.status == 200);
    BOOST_TEST(answer.head.content_length.value() == 5u);
    BOOST_TEST(answer.head.etag == "\"abc\"");
    BOOST_TEST(answer.head.request_id == "17");
    BOOST_TEST(answer.head.content_range == "bytes 0-4/9");
    BOOST_TEST(answer.head.content_type == "text/plain");
    BOOST_TEST(answer.head.last_modified == "Mon");
    BOOST_TEST(answer.head.bucket_region == "eu-west-1");
    BOOST_TEST(answer.head.retry_after == "3");
    BOOST_TEST(answer.head.checksum_crc32c == "AAAAAA==");
    BOOST_TEST(answer.head.server == "s");
    BOOST_TEST(answer.head.date == "d");
    BOOST_TEST(answer.reusable);
}

BOOST_AUTO_TEST_CASE(long_heads_up_to_the_limit) {
    const auto with_head_of = [](std::size_t size, bool one_line) {
        std::string fields;
        while (fields.size() < size) {
            fields += "X-Long: " + std::string(one_line ? size : 900, 'x') + "\r\n";
        }
        return of_length("body", fields + "ETag: \"last\"\r\n");
    };
    for (const bool one_line : {false, true}) {
        ScriptedServer good(always(with_head_of(60 * 1024, one_line)));
        ScriptedServer bad(always(with_head_of(70 * 1024, one_line)));
        Loop loop;
        const Answer answer = loop.run(fetch(loop.pool, at(good)));
        BOOST_TEST(answer.head.etag == "\"last\"");
        BOOST_TEST(answer.body == "body");
        const Error error = loop.error_of(fetch(loop.pool, at(bad)));
        BOOST_TEST((error.kind == ErrorKind::bad_response));
        BOOST_TEST(mentions(error, "64 KiB"));
    }
}

BOOST_AUTO_TEST_CASE(body_larger_than_any_buffer_fills_its_place) {
    const std::string body = noise(9'000'001);
    ScriptedServer server(always(of_length(body)));
    Loop loop;
    std::string got(body.size(), '\0');
    std::size_t last = 0;
    std::size_t calls = 0;
    const std::function<void(std::size_t)> progress = [&](std::size_t filled) {
        BOOST_TEST(filled > last);
        last = filled;
        ++calls;
    };
    loop.run([](Loop& l, Endpoint endpoint, std::string& into,
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
        Loop loop;
        for (int i = 0; i < 2; ++i) {
            const Answer answer = loop.run(fetch(loop.pool, at(server)));
            BOOST_TEST((answer.body == "hello " + big));
            BOOST_TEST(answer.reusable);
            BOOST_TEST(answer.reused == (i == 1));
        }
    }
}

BOOST_AUTO_TEST_CASE(chunked_that_breaks_off_or_breaks_the_rules) {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    Loop loop;
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
    Loop loop;
    for (const std::string start : {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
                                    "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"}) {
        ScriptedServer server(always(start + body, 1));
        const Answer answer = loop.run(fetch(loop.pool, at(server)));
        BOOST_TEST((answer.body == body));
        BOOST_TEST(!answer.reusable);
    }
    BOOST_TEST(loop.pool.open() == 0u);
}

BOOST_AUTO_TEST_CASE(who_keeps_the_connection) {
    struct Case {
        std::string response;
        bool kept;
    };
    Loop loop;
    for (const Case& one :
         {Case{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true},
          Case{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", false},
          Case{"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false},
          Case{"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", true},
          Case{"HTTP/1.1 204 No Content\r\n\r\n", true},
          Case{"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", true},
          Case{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
          Case{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok?", false}}) {
        ScriptedServer server(always(one.response, 1));
        BOOST_TEST_CONTEXT(one.response) {
            BOOST_TEST(loop.run(fetch(loop.pool, at(server))).reusable == one.kept);
        }
    }
}

BOOST_AUTO_TEST_CASE(head_requests_have_no_body) {
    ScriptedServer server(always("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"));
    Loop loop;
    const std::string head = "HEAD /k HTTP/1.1\r\nHost: h\r\n\r\n";
    const Answer answer = loop.run(fetch(loop.pool, at(server), head));
    BOOST_TEST(answer.head.content_length.value() == 1234u);
    BOOST_TEST(answer.body.empty());
    BOOST_TEST(answer.reusable);
}

BOOST_AUTO_TEST_CASE(interim_answers_are_skipped) {
    Loop loop;
    ScriptedServer server(
        always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nETag: no\r\n\r\n" +
               of_length("ok")));
    const Answer answer = loop.run(fetch(loop.pool, at(server)));
    BOOST_TEST(answer.body == "ok");
    BOOST_TEST(answer.head.etag == "");
    BOOST_TEST(answer.reusable);
    ScriptedServer switching(always("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
    BOOST_TEST((loop.error_of(fetch(loop.pool, at(switching))).kind == ErrorKind::bad_response));
}

BOOST_AUTO_TEST_CASE(answers_that_break_http_are_refused) {
    Loop loop;
    for (const std::string response :
         {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
          "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk",
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
          "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nok",
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok"}) {
        ScriptedServer server(always(response, 1));
        BOOST_TEST_CONTEXT(response) {
            const Error error = loop.error_of(fetch(loop.pool, at(server)));
            BOOST_TEST(std::string(name_of(error.kind)) == "bad_response");
        }
    }
}

BOOST_AUTO_TEST_CASE(bodies_that_end_early) {
    Loop loop;
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
    Loop loop;
    const Error error = loop.error_of([](Loop& l, Endpoint endpoint) -> asio::awaitable<void> {
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
    Loop loop;
    const auto text = [](Loop& l, Endpoint endpoint,
                         std::size_t limit) -> asio::awaitable<std::string> {
        Lease lease = co_await l.pool.acquire(endpoint);
        co_await lease->exchange(get, false);
        co_return co_await lease->read_text(limit);
    };
    BOOST_TEST(loop.run(text(loop, at(server), 5000)).size() == 5000u);
    const Error error = loop.error_of(text(loop, at(server), 4999));
    BOOST_TEST((error.kind == ErrorKind::bad_response));
}

BOOST_AUTO_TEST_CASE(connections_are_reused_the_last_used_first) {
    ScriptedServer server(always(of_length("x")));
    Loop loop;
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
    Loop loop;
    loop.run([](Loop& l, Endpoint endpoint) -> asio::awaitable<void> {
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
    Loop loop;
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

BOOST_AUTO_TEST_CASE(no_progress_is_a_timeout) {
    Loop loop;
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
    Loop loop;
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

BOOST_AUTO_TEST_CASE(refused_connections) {
    Loop loop;
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = refusing_port();
    const Error error = loop.error_of(fetch(loop.pool, endpoint));
    BOOST_TEST((error.kind == ErrorKind::connection));
    BOOST_TEST(mentions(error, "127.0.0.1:" + std::to_string(endpoint.port)));
    BOOST_TEST(mentions(error, "refused"));
    BOOST_TEST(mentions(error, "1 address tried"));
    BOOST_TEST(loop.pool.open() == 0u);

    endpoint.host = "no-such-host.invalid";
    const Error unknown = loop.error_of(fetch(loop.pool, endpoint));
    BOOST_TEST((unknown.kind == ErrorKind::connection));
    BOOST_TEST(mentions(unknown, "no-such-host.invalid"));
}

BOOST_AUTO_TEST_CASE(a_connect_that_nobody_answers_is_a_timeout) {
    // A listener that never accepts and whose queue is full lets further connects wait.
    Loop loop;
    asio::ip::tcp::acceptor full(loop.io, asio::ip::tcp::v4());
    full.bind({asio::ip::address_v4::loopback(), 0});
    full.listen(0);
    std::vector<asio::ip::tcp::socket> queue;
    for (int i = 0; i < 4; ++i) {
        queue.emplace_back(loop.io, asio::ip::tcp::v4());
        queue.back().async_connect(full.local_endpoint(), [](const auto&) {});
    }
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = full.local_endpoint().port();
    endpoint.connect_timeout = 300ms;
    const Error error = loop.error_of(fetch(loop.pool, endpoint));
    BOOST_TEST((error.kind == ErrorKind::timeout));
    BOOST_TEST(mentions(error, "no answer in time"));
}

BOOST_AUTO_TEST_CASE(a_name_with_an_address_that_refuses) {
    // Where localhost is also ::1, only 127.0.0.1 listens.
    ScriptedServer server(always(of_length("x"), 1));
    Loop loop;
    Endpoint endpoint = at(server);
    endpoint.host = "localhost";
    for (int i = 0; i < 4; ++i) BOOST_TEST(loop.run(fetch(loop.pool, endpoint)).body == "x");
}

BOOST_AUTO_TEST_CASE(addresses_of_two_families_alternate) {
    const auto address = [](const char* text) {
        return Resolver::Address(asio::ip::make_address(text), 0);
    };
    const std::vector found{address("::1"), address("::2"), address("::3"), address("1.1.1.1"),
                            address("1.1.1.2")};
    const std::vector expected{address("::1"), address("1.1.1.1"), address("::2"),
                               address("1.1.1.2"), address("::3")};
    BOOST_TEST((Resolver::interleaved(found) == expected));
    const std::vector few{address("1.1.1.1"), address("::1"), address("::2"), address("::3")};
    const std::vector few_expected{address("1.1.1.1"), address("::1"), address("::2"),
                                   address("::3")};
    BOOST_TEST((Resolver::interleaved(few) == few_expected));
    BOOST_TEST(Resolver::interleaved({}).empty());
}

BOOST_AUTO_TEST_CASE(abort_ends_a_read) {
    std::promise<void> gone;
    ScriptedServer server([&](Peer& peer, int) {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx");
        peer.wait_for_close();
        gone.set_value();
    });
    Loop loop;
    const Error error = loop.error_of([](Loop& l, Endpoint endpoint) -> asio::awaitable<void> {
        Lease lease = co_await l.pool.acquire(endpoint);
        co_await lease->exchange(get, false);
        std::array<std::byte, 100> into;
        const std::function<void(std::size_t)> abort = [&](std::size_t) {
            asio::post(l.io, [&] { lease->abort(); });
        };
        co_await lease->read_into(into, &abort);
    }(loop, at(server)));
    BOOST_TEST((error.kind == ErrorKind::cancelled));
    gone.get_future().wait();
    BOOST_TEST(loop.pool.open() == 0u);
}

BOOST_AUTO_TEST_CASE(a_body_goes_out_and_a_refusal_comes_back) {
    const std::string body = noise(20'000'000);
    Loop loop;
    const auto put = [](Loop& l, Endpoint endpoint,
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

BOOST_AUTO_TEST_CASE(plain_requests_through_a_proxy) {
    std::string seen;
    ScriptedServer proxy([&](Peer& peer, int connection) {
        seen = peer.request();
        peer.send(connection == 0 ? of_length("via")
                                  : "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
        peer.close();
    });
    Loop loop;
    Endpoint endpoint;
    endpoint.host = "bucket.example";
    endpoint.port = 80;
    endpoint.proxy = Proxy{"127.0.0.1", proxy.port(), "Basic c2VjcmV0"};
    BOOST_TEST(loop.run(fetch(loop.pool, endpoint)).body == "via");
    BOOST_TEST(seen ==
               "GET http://bucket.example/bucket/key?x=1 HTTP/1.1\r\n"
               "Proxy-Authorization: Basic c2VjcmV0\r\nHost: h\r\n\r\n");
    endpoint.port = 8080;
    const Error error = loop.error_of(fetch(loop.pool, endpoint));
    BOOST_TEST(seen.starts_with("GET http://bucket.example:8080/bucket/key?x=1 HTTP/1.1\r\n"));
    BOOST_TEST((error.kind == ErrorKind::config));
    BOOST_TEST(error.message.find("c2VjcmV0") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(tls_through_a_proxy) {
    const Certificate certificate("DNS:bucket.example");
    std::string seen;
    // One for each connection; a tunnel has no body, whatever its head says.
    const std::vector<std::string> answers{
        "200 Connection established\r\nContent-Length: 5", "407 No\r\nContent-Length: 0",
        "403 No\r\nContent-Length: 0", "502 No\r\nContent-Length: 0"};
    SSL_CTX* tls = nullptr;
    const ScriptedServer origin([](Peer&, int) {}, &certificate);
    tls = origin.tls();
    ScriptedServer proxy([&](Peer& peer, int connection) {
        seen = peer.request();
        peer.send("HTTP/1.1 " + answers.at(static_cast<std::size_t>(connection)) + "\r\n\r\n");
        if (connection == 0) {
            peer.start_tls(tls);
            while (!peer.request().empty()) peer.send(of_length("tunnelled"));
        }
        peer.close();
    });
    Loop loop;
    Endpoint endpoint;
    endpoint.tls = true;
    endpoint.host = "bucket.example";
    endpoint.port = 443;
    endpoint.trust = TlsTrust::make(true, certificate.file());
    endpoint.proxy = Proxy{"127.0.0.1", proxy.port(), "Basic c2VjcmV0"};
    BOOST_TEST(loop.run(fetch(loop.pool, endpoint)).body == "tunnelled");
    BOOST_TEST(loop.run(fetch(loop.pool, endpoint)).reused);
    BOOST_TEST(seen ==
               "CONNECT bucket.example:443 HTTP/1.1\r\nHost: bucket.example:443\r\n"
               "Proxy-Authorization: Basic c2VjcmV0\r\n\r\n");
    loop.pool.close_idle();
    for (const int status : {407, 403, 502}) {
        const Error error = loop.error_of(fetch(loop.pool, endpoint));
        BOOST_TEST((error.kind == (status == 407 ? ErrorKind::config : ErrorKind::connection)));
        BOOST_TEST(mentions(error, std::to_string(status)));
        BOOST_TEST(error.message.find("c2VjcmV0") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_tunnel_refused_carries_nothing) {
    // The proxy keeps its connection open; without a tunnel the next request would go in the clear.
    std::vector<std::string> seen;
    ScriptedServer proxy([&](Peer& peer, int) {
        std::string request;
        while (!(request = peer.request()).empty()) {
            seen.push_back(request);
            peer.send("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n");
        }
    });
    Loop loop;
    Endpoint endpoint;
    endpoint.tls = true;
    endpoint.host = "bucket.example";
    endpoint.port = 443;
    endpoint.trust = TlsTrust::make(false, "");
    endpoint.proxy = Proxy{"127.0.0.1", proxy.port(), ""};
    for (int i = 0; i < 3; ++i) {
        const Error error = loop.error_of(fetch(loop.pool, endpoint));
        BOOST_TEST(mentions(error, "503"));
        BOOST_TEST(loop.pool.open() == 0u);
    }
    BOOST_TEST(seen.size() == 3u);
    for (const std::string& request : seen) BOOST_TEST(request.starts_with("CONNECT "));
}

BOOST_AUTO_TEST_CASE(tls_carries_large_bodies_whole) {
    const Certificate certificate("DNS:localhost,IP:127.0.0.1");
    const std::string body = noise(5'000'003);
    const auto trust = TlsTrust::make(true, certificate.file());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        ScriptedServer server(always(of_length(body)), &certificate, version);
        Loop loop;
        for (int i = 0; i < 3; ++i) {
            const Answer answer = loop.run(fetch(loop.pool, tls_at(server, trust)));
            BOOST_TEST((answer.body == body));
            BOOST_TEST(answer.reused == (i > 0));
        }
        loop.pool.close_idle();
        Endpoint by_address = tls_at(server, trust);
        by_address.host = "127.0.0.1";
        BOOST_TEST((loop.run(fetch(loop.pool, by_address)).body == body));
    }
}

BOOST_AUTO_TEST_CASE(a_connection_that_rested_works_on) {
    const Certificate certificate("DNS:localhost");
    const std::string body = noise(100'000);
    const std::string chunks =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186A0\r\n" + body + "\r\n0\r\n\r\n";
    ScriptedServer plain(always(chunks));
    ScriptedServer secure(always(chunks), &certificate);
    Loop loop;
    for (const Endpoint& endpoint :
         {at(plain), tls_at(secure, TlsTrust::make(true, certificate.file()))}) {
        loop.run([](Loop& l, Endpoint to, const std::string& expected) -> asio::awaitable<void> {
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

BOOST_AUTO_TEST_CASE(tls_refuses_who_cannot_prove_the_name) {
    const Certificate good("DNS:localhost");
    const Certificate other_name("DNS:other.example,IP:127.0.0.2");
    const Certificate expired("DNS:localhost", -1);
    Loop loop;
    const auto refused = [&](const Certificate& shown, const Certificate& trusted,
                             const std::string& host, std::string_view why) {
        ScriptedServer server(always(of_length("x")), &shown);
        Endpoint endpoint = tls_at(server, TlsTrust::make(true, trusted.file()));
        endpoint.host = host;
        const Error error = loop.error_of(fetch(loop.pool, endpoint));
        BOOST_TEST(std::string(name_of(error.kind)) == "certificate");
        BOOST_TEST(mentions(error, host));
        BOOST_TEST(mentions(error, why));
        BOOST_TEST(loop.pool.open() == 0u);
        // The user's explicit choice lets it pass.
        endpoint.trust = TlsTrust::make(false, "");
        BOOST_TEST(loop.run(fetch(loop.pool, endpoint)).body == "x");
        loop.pool.close_idle();
    };
    refused(good, other_name, "localhost", "self-signed");
    refused(other_name, other_name, "localhost", "ostname mismatch");
    refused(other_name, other_name, "127.0.0.1", "IP address mismatch");
    refused(expired, expired, "localhost", "expired");
}

BOOST_AUTO_TEST_CASE(tls_resumes_its_session) {
    const Certificate certificate("DNS:localhost");
    std::vector<bool> resumed;
    std::string cipher;
    ScriptedServer server(
        [&](Peer& peer, int) {
            resumed.push_back(peer.resumed());
            peer.request();
            peer.send(of_length("x"));
            peer.close();
        },
        &certificate);
    Loop loop;
    const Endpoint endpoint = tls_at(server, TlsTrust::make(true, certificate.file()));
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(loop.run(fetch(loop.pool, endpoint)).body == "x");
        loop.pool.close_idle();
    }
    BOOST_TEST((resumed == std::vector{false, true, true}));
}

BOOST_AUTO_TEST_CASE(tls_cut_short_is_not_an_end) {
    const Certificate certificate("DNS:localhost");
    const auto trust = TlsTrust::make(true, certificate.file());
    const std::string until_close = "HTTP/1.1 200 OK\r\n\r\nbody";
    Loop loop;
    for (const std::string& response :
         {until_close, std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody")}) {
        ScriptedServer server(
            [&](Peer& peer, int) {
                peer.request();
                peer.send(response);
                peer.cut();
            },
            &certificate);
        const Error error = loop.error_of(fetch(loop.pool, tls_at(server, trust)));
        BOOST_TEST((error.kind == ErrorKind::connection));
        BOOST_TEST(mentions(error, "farewell"));
    }
    ScriptedServer polite(always(until_close, 1), &certificate);
    BOOST_TEST(loop.run(fetch(loop.pool, tls_at(polite, trust))).body == "body");
}

BOOST_AUTO_TEST_CASE(tls_needs_a_peer_that_speaks_it) {
    ScriptedServer plain([](Peer& peer, int) {
        peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        peer.wait_for_close();
    });
    ScriptedServer mute([](Peer& peer, int) { peer.wait_for_close(); });
    Loop loop;
    const auto trust = TlsTrust::make(false, "");
    const Error confused = loop.error_of(fetch(loop.pool, tls_at(plain, trust)));
    BOOST_TEST((confused.kind == ErrorKind::connection));
    BOOST_TEST(mentions(confused, "TLS"));
    Endpoint endpoint = tls_at(mute, trust);
    endpoint.connect_timeout = 300ms;
    const Error late = loop.error_of(fetch(loop.pool, endpoint));
    BOOST_TEST((late.kind == ErrorKind::timeout));
}

BOOST_AUTO_TEST_CASE(trust_names_a_file_it_cannot_read) {
    for (const char* file : {"/no/such/ca.pem", "/dev/null"}) {
        try {
            TlsTrust::make(true, file);
            BOOST_FAIL("no error came");
        } catch (const Error& error) {
            BOOST_TEST((error.kind == ErrorKind::config));
            BOOST_TEST(mentions(error, file));
        }
    }
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

BOOST_AUTO_TEST_SUITE_END()
