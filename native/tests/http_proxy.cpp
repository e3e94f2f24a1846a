// Requests and tunnels through a proxy.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/http_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(http_proxy)

BOOST_AUTO_TEST_CASE(plain_requests_through_a_proxy) {
    std::string seen;
    ScriptedServer proxy([&](Peer& peer, int connection) {
        seen = peer.request();
        peer.send(connection == 0 ? of_length("via")
                                  : "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
        peer.close();
    });
    ClientLoop loop;
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
    ClientLoop loop;
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
    ClientLoop loop;
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

BOOST_AUTO_TEST_SUITE_END()
