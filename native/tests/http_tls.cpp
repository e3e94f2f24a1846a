// TLS: whom it trusts, what it carries, how it ends.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/http/other_scheme.hpp"
#include "tests/http_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(http_tls)

BOOST_AUTO_TEST_CASE(tls_carries_large_bodies_whole) {
    const Certificate certificate("DNS:localhost,IP:127.0.0.1");
    const std::string body = noise(5'000'003);
    const auto trust = TlsTrust::make(true, certificate.file());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        ScriptedServer server(always(of_length(body)), &certificate, version);
        ClientLoop loop;
        for (int i = 0; i < 3; ++i) {
            const Fetched answer = loop.run(fetch(loop.pool, tls_at(server, trust)));
            BOOST_TEST((answer.body == body));
            BOOST_TEST(answer.reused == (i > 0));
        }
        loop.pool.close_idle();
        Endpoint by_address = tls_at(server, trust);
        by_address.host = "127.0.0.1";
        BOOST_TEST((loop.run(fetch(loop.pool, by_address)).body == body));
    }
}

BOOST_AUTO_TEST_CASE(tls_refuses_who_cannot_prove_the_name) {
    const Certificate good("DNS:localhost");
    const Certificate other_name("DNS:other.example,IP:127.0.0.2");
    const Certificate expired("DNS:localhost", -1);
    ClientLoop loop;
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

BOOST_AUTO_TEST_CASE(a_host_that_no_certificate_could_name_is_refused) {
    const Certificate certificate("DNS:localhost");
    ScriptedServer server(always(of_length("x")), &certificate);
    ClientLoop loop;
    const auto trust = TlsTrust::make(true, certificate.file());
    // Checked as a name it would be cut at the zero byte, or no name be checked at all.
    for (const std::string& host : {std::string("localhost\0.evil.example", 23), std::string()}) {
        TlsSocket socket;
        TlsSession session;
        try {
            SSL_free(trust->new_client(socket, host, session));
            BOOST_FAIL("no error came");
        } catch (const Error& error) {
            BOOST_TEST((error.kind == ErrorKind::config));
        }
    }
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
    ClientLoop loop;
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
    ClientLoop loop;
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
    ClientLoop loop;
    const auto trust = TlsTrust::make(false, "");
    const Error confused = loop.error_of(fetch(loop.pool, tls_at(plain, trust)));
    BOOST_TEST((confused.kind == ErrorKind::wrong_scheme));
    BOOST_TEST(mentions(confused, "TLS"));
    BOOST_TEST(!confused.mute);
    Endpoint endpoint = tls_at(mute, trust);
    endpoint.connect_timeout = 300ms;
    const Error late = loop.error_of(fetch(loop.pool, endpoint));
    BOOST_TEST((late.kind == ErrorKind::timeout));
    BOOST_TEST(late.mute);
}

BOOST_AUTO_TEST_CASE(who_spoke_tls_before_is_out_of_order_and_not_of_another_kind) {
    const Certificate certificate("DNS:localhost");
    ScriptedServer tls([](Peer&, int) {}, &certificate);  // for its context
    ScriptedServer server([&](Peer& peer, int connection) {
        if (connection == 0) {
            peer.start_tls(tls.tls());
            peer.request();
            peer.send(of_length("x"));
            peer.close();
        } else {
            peer.send("HTTP/1.1 503 Service Unavailable\r\n\r\n");
            peer.wait_for_close();
        }
    });
    ClientLoop loop;
    const Endpoint endpoint = tls_at(server, TlsTrust::make(true, certificate.file()));
    BOOST_TEST(loop.run(fetch(loop.pool, endpoint)).body == "x");
    loop.pool.close_idle();
    const Error error = loop.error_of(fetch(loop.pool, endpoint));
    BOOST_TEST((error.kind == ErrorKind::connection));
    BOOST_TEST(mentions(error, "does not speak TLS"));
}

BOOST_AUTO_TEST_CASE(a_server_is_asked_the_other_way_round) {
    const Certificate certificate("DNS:localhost");
    ScriptedServer encrypted(always(of_length("x")), &certificate);
    ScriptedServer plain(always(of_length("x")));
    ScriptedServer neither([](Peer& peer, int) { peer.reset(); });
    ClientLoop loop;
    const auto trust = TlsTrust::make(false, "");
    BOOST_TEST(loop.run(speaks_other_scheme(loop.pool, at(encrypted))));
    BOOST_TEST(loop.run(speaks_other_scheme(loop.pool, tls_at(plain, trust))));
    BOOST_TEST(!loop.run(speaks_other_scheme(loop.pool, at(plain))));
    BOOST_TEST(!loop.run(speaks_other_scheme(loop.pool, tls_at(encrypted, trust))));
    BOOST_TEST(!loop.run(speaks_other_scheme(loop.pool, at(neither))));
    BOOST_TEST(!loop.run(speaks_other_scheme(loop.pool, tls_at(neither, trust))));
    BOOST_TEST(loop.pool.open() == 0u);
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

BOOST_AUTO_TEST_SUITE_END()
