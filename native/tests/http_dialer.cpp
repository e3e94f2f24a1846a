// Names, addresses, and who answers first.
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>
#include <vector>

#include "core/http/resolver.hpp"
#include "tests/http_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(http_dialer)

BOOST_AUTO_TEST_CASE(refused_connections) {
    ClientLoop loop;
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
    ClientLoop loop;
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
    ScriptedServer server(always(of_length("x", "Connection: close\r\n")));
    ClientLoop loop;
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

BOOST_AUTO_TEST_SUITE_END()
