// Connections and the children of a fork, which hold every descriptor too.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <string>

#include "core/http/socket.hpp"
#include "tests/forked_child.hpp"
#include "tests/http_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;
using asio::ip::tcp;

namespace {

// A server whose first connection tells when it has ended.
struct Watching {
    std::promise<void> ended;
    std::future<void> end = ended.get_future();
    ScriptedServer server;

    explicit Watching(const Certificate* certificate = nullptr, bool answers = true)
        : server(
              [this, answers](Peer& peer, int connection) {
                  std::string request = peer.request();
                  while (answers && !request.empty()) {
                      peer.send(of_length("x"));
                      request = peer.request();
                  }
                  if (!answers) peer.wait_for_close();
                  if (connection == 0) ended.set_value();
              },
              certificate) {}

    bool sees_the_end() {
        return end.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_fork, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(an_idle_connection_ends_at_the_server_beside_a_living_child) {
    const Certificate certificate("DNS:localhost");
    for (const bool secure : {false, true}) {
        Watching watching(secure ? &certificate : nullptr);
        ClientLoop loop;
        const Endpoint endpoint =
            secure ? tls_at(watching.server, TlsTrust::make(true, certificate.file()))
                   : at(watching.server);
        loop.run(fetch(loop.pool, endpoint));
        const Child child;
        loop.pool.close_idle();
        BOOST_TEST(watching.sees_the_end());
    }
}

BOOST_AUTO_TEST_CASE(so_does_one_that_is_given_up) {
    Watching watching(nullptr, false);
    ClientLoop loop;
    Endpoint endpoint = at(watching.server);
    endpoint.progress_timeout = std::chrono::milliseconds(200);
    std::optional<Child> child;
    BOOST_TEST((loop.error_of([](ClientLoop& l, Endpoint to,
                                 std::optional<Child>& forked) -> asio::awaitable<void> {
                        Lease lease = co_await l.pool.acquire(to);
                        forked.emplace();
                        co_await lease->exchange(get, false);
                    }(loop, endpoint, child))
                    .kind == ErrorKind::timeout));
    BOOST_TEST(watching.sees_the_end());
}

BOOST_AUTO_TEST_CASE(a_number_used_again_is_not_woken_for_the_old_socket) {
    asio::io_context io(1);
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    const auto connect = [&](tcp::socket& socket) {
        BOOST_REQUIRE(!open_socket(socket, tcp::v4()));
        boost::system::error_code pending;
        socket.connect(acceptor.local_endpoint(), pending);
        return acceptor.accept();
    };
    tcp::socket first(io), second(io);
    tcp::socket first_peer = connect(first);
    const int number = first.native_handle();
    bool old_ended = false;
    first.async_wait(tcp::socket::wait_read, [&](const boost::system::error_code& failure) {
        old_ended = failure == asio::error::operation_aborted;
    });
    const Child child;
    end_socket(first);
    tcp::socket second_peer = connect(second);
    BOOST_REQUIRE(second.native_handle() == number);
    int woken = 0;
    second.async_wait(tcp::socket::wait_read, [&](const auto&) { ++woken; });
    // This reaches the old socket, which the child holds open.
    boost::system::error_code ignored;
    first_peer.send(asio::buffer("x", 1), 0, ignored);
    first_peer.close();
    while (io.run_one_for(std::chrono::milliseconds(200)) != 0) {
    }
    BOOST_TEST(old_ended);
    BOOST_TEST(woken == 0);
    second_peer.send(asio::buffer("y", 1));
    io.restart();
    while (woken == 0 && io.run_one_for(std::chrono::seconds(20)) != 0) {
    }
    BOOST_TEST(woken == 1);
}

BOOST_AUTO_TEST_SUITE_END()
