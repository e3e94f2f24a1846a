// An event loop with a pool, and what tests ask of it.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdint>
#include <future>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/http/pool.hpp"
#include "core/words/error.hpp"
#include "tests/scripted_server.hpp"

namespace s3pipes::test {

namespace asio = boost::asio;

inline const std::string get = "GET /bucket/key?x=1 HTTP/1.1\r\nHost: h\r\n\r\n";

struct ClientLoop {
    asio::io_context io{1};
    Watchdog watchdog{io};
    Pool pool{io, watchdog};

    ClientLoop() { watchdog.start(); }

    // Runs to the end of `work`; hands on what it throws.
    template <class T>
    T run(asio::awaitable<T> work) {
        auto result = asio::co_spawn(io, std::move(work), asio::use_future);
        io.restart();
        const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
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

inline Endpoint at(const ScriptedServer& server) {
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = server.port();
    return endpoint;
}

inline Endpoint tls_at(const ScriptedServer& server, std::shared_ptr<TlsTrust> trust) {
    Endpoint endpoint = at(server);
    endpoint.tls = true;
    endpoint.host = "localhost";
    endpoint.trust = std::move(trust);
    return endpoint;
}

struct Fetched {
    ResponseHead head;
    std::string body;
    bool reused = false;
    bool reusable = false;
};

inline asio::awaitable<Fetched> fetch(Pool& pool, Endpoint endpoint, std::string request = get) {
    Lease lease = co_await pool.acquire(endpoint);
    Fetched answer;
    answer.reused = lease.reused();
    co_await lease->exchange(request, request.starts_with("HEAD"));
    answer.head = lease->head();
    answer.body = co_await lease->read_text(64 << 20);
    answer.reusable = lease->reusable();
    co_return answer;
}

// Fetcheds each request on each connection with `response`, and closes after `requests` of them.
inline ScriptedServer::Script always(std::string response, int requests = 1 << 20) {
    return [=](Peer& peer, int) {
        for (int i = 0; i < requests && !peer.request().empty(); ++i) peer.send(response);
        peer.close();
    };
}

inline std::string of_length(const std::string& body, const std::string& fields = "") {
    return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

inline std::string noise(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 1;
    for (char& byte : bytes)
        byte = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
    return bytes;
}

inline bool mentions(const Error& error, std::string_view word) {
    const bool found = error.message.find(word) != std::string::npos;
    if (!found) BOOST_TEST_MESSAGE("message: " << error.message);
    return found;
}

// A port of the loopback that refuses connections.
inline std::uint16_t refusing_port() {
    asio::io_context io;
    asio::ip::tcp::acceptor taken(io, {asio::ip::address_v4::loopback(), 0});
    return taken.local_endpoint().port();
}

}  // namespace s3pipes::test
