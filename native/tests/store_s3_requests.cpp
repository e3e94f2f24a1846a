// What S3Store sends, and with whose signature.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "core/engine/parser_thread.hpp"
#include "tests/store_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

std::shared_ptr<const Credentials> keys(const std::string& access, const std::string& token = "") {
    return std::make_shared<const Credentials>(Credentials{access, "very-secret", token});
}

// Remembers the heads of all requests.
struct Listening {
    std::vector<std::string> seen;
    ScriptedServer server;

    explicit Listening(std::string answer = of_length("hello", "ETag: W/\"weak\"\r\n"))
        : server([this, answer](Peer& peer, int) {
              std::string request;
              while (!(request = peer.request()).empty()) {
                  seen.push_back(request);
                  peer.send(answer);
              }
          }) {}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(store_s3_requests)

BOOST_AUTO_TEST_CASE(no_value_can_add_a_line_to_a_request) {
    Listening listening;
    const auto refused = [&](const Error& error, std::string_view field) {
        BOOST_TEST(std::string(name_of(error.kind)) == "config");
        BOOST_TEST(mentions(error, field));
        for (const char* secret : {"very-secret", "c2VjcmV0", "Evil"})
            BOOST_TEST(error.message.find(secret) == std::string::npos);
    };
    const std::vector<std::string> evils{
        "\r\nEvil: 1", "\nEvil: 1", "\rEvil: 1", std::string("\0Evil", 5),
        "\x01",        "\x7f",      "\tEvil",    "\x1f"};
    for (const std::string& evil : evils) {
        const std::string value = "\"a" + evil + "\"";
        BOOST_TEST_CONTEXT(value) {
            S3Rig rig(listening.server);
            GetRequest request = whole();
            request.if_match = value;
            refused(rig.get_error(request), "if-match");

            S3Rig bucket(listening.server);
            bucket.target.base_path = "/bucket" + value;
            refused(bucket.get_error(whole()), "target");
            refused(bucket.loop.error_of(bucket.store().list_page({})), "target");

            S3Rig region(listening.server);
            region.target.region = value;
            region.credentials->set(keys("AKID"));
            refused(region.get_error(whole()), "uthorization");

            S3Rig host(listening.server);
            host.target.endpoint.host = "127.0.0.1" + value;
            refused(host.get_error(whole()), "Host");

            S3Rig token(listening.server);
            token.credentials->set(keys("AKID", value));
            refused(token.get_error(whole()), "session token");

            S3Rig proxied(listening.server);
            proxied.target.endpoint.proxy =
                Proxy{"127.0.0.1", listening.server.port(), "Basic c2VjcmV0" + value};
            refused(proxied.get_error(whole()), "Proxy-Authorization");
            proxied.made.reset();
            proxied.target.endpoint.tls = true;
            proxied.target.endpoint.trust = TlsTrust::make(false, "");
            refused(proxied.get_error(whole()), "Proxy-Authorization");
        }
    }
    BOOST_TEST(listening.seen.empty());
    // What is no control character may stand there, whatever it is.
    S3Rig rig(listening.server);
    GetRequest request = whole();
    request.if_match = "\"a b\xff\"";
    BOOST_TEST(rig.get(request).bytes == "hello");
    BOOST_TEST(listening.seen.at(0).find("\r\nif-match: \"a b\xff\"\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(keys_of_any_bytes_are_one_target) {
    Listening listening;
    S3Rig rig(listening.server);
    std::string key;
    for (int byte = 0; byte < 256; ++byte) key += static_cast<char>(byte);
    BOOST_TEST(rig.get(whole(key)).bytes == "hello");
    const std::string& request = listening.seen.at(0);
    BOOST_TEST(request.starts_with("GET /bucket/%00%01"));
    BOOST_TEST(request.substr(0, request.find("\r\n")).find(' ', 4) ==
               request.find(" HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(a_weak_etag_is_never_a_condition) {
    Listening listening;
    S3Rig rig(listening.server);
    GetRequest request = whole();
    request.if_match = "W/\"weak\"";
    BOOST_TEST(rig.get(request).meta->etag == "W/\"weak\"");
    BOOST_TEST(listening.seen.at(0).find("if-match") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(expired_credentials_are_asked_for_once_and_waited_for) {
    std::vector<std::string> seen;
    ScriptedServer server([&](Peer& peer, int) {
        std::string request;
        while (!(request = peer.request()).empty()) {
            seen.push_back(request);
            const std::string xml = "<Error><Code>ExpiredToken</Code></Error>";
            peer.send(request.find("Credential=NEW/") != std::string::npos
                          ? of_length("hello", "ETag: \"e\"\r\n")
                          : "HTTP/1.1 403 No\r\nContent-Length: " + std::to_string(xml.size()) +
                                "\r\n\r\n" + xml);
        }
    });
    S3Rig rig(server);
    rig.credentials->set(keys("OLD"));
    BOOST_TEST((rig.get_error(whole()).kind == ErrorKind::expired_credentials));
    BOOST_TEST(rig.credentials->wanted());
    // They come while the next request waits.
    boost::asio::steady_timer soon(rig.loop.io, std::chrono::milliseconds(60));
    soon.async_wait([&](const auto&) {
        BOOST_TEST(seen.size() == 1u);
        rig.credentials->set(keys("NEW"));
    });
    BOOST_TEST(rig.get(whole()).bytes == "hello");
    BOOST_TEST(!rig.credentials->wanted());
    BOOST_TEST(seen.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_late_refusal_of_old_credentials_does_not_ask_again) {
    S3Rig* present = nullptr;
    ScriptedServer server([&](Peer& peer, int) {
        while (!peer.request().empty()) {
            present->credentials->set(keys("NEW"));  // before the answer to the old ones
            const std::string xml = "<Error><Code>ExpiredToken</Code></Error>";
            peer.send("HTTP/1.1 403 No\r\nContent-Length: " + std::to_string(xml.size()) +
                      "\r\n\r\n" + xml);
        }
    });
    S3Rig rig(server);
    present = &rig;
    rig.credentials->set(keys("OLD"));
    BOOST_TEST((rig.get_error(whole()).kind == ErrorKind::expired_credentials));
    BOOST_TEST(!rig.credentials->wanted());
}

BOOST_AUTO_TEST_CASE(pages_of_a_listing_are_parsed_where_no_loop_waits) {
    std::string keys;
    for (int i = 0; i < 1000; ++i)
        keys += "<Contents><Key>" + std::to_string(i) + "</Key><Size>1</Size></Contents>";
    for (const bool good : {true, false}) {
        Listening listening(of_length("<ListBucketResult>" + keys + (good ? "" : "<Contents/>") +
                                      "</ListBucketResult>"));
        S3Rig rig(listening.server);
        ParserThread parser;
        int asked = 0;
        S3Store store(rig.target, rig.credentials, {&rig.loop.pool}, [&] {
            ++asked;
            return parser.executor();
        });
        if (good) {
            BOOST_TEST(rig.loop.run(store.list_page({})).objects.size() == 1000u);
        } else {
            const Error error = rig.loop.error_of(store.list_page({}));
            BOOST_TEST((error.kind == ErrorKind::bad_response));
            BOOST_TEST(error.status == 200);
        }
        BOOST_TEST(asked == 1);
    }
}

BOOST_AUTO_TEST_CASE(a_wait_for_credentials_can_be_cancelled) {
    Listening listening;
    S3Rig rig(listening.server);
    rig.credentials->ask();
    boost::asio::cancellation_signal signal;
    CollectingSink sink;
    std::optional<ErrorKind> kind;
    boost::asio::co_spawn(
        rig.loop.io, rig.store().get(whole(), sink),
        boost::asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr failed) {
            try {
                if (failed) std::rethrow_exception(failed);
            } catch (const Error& error) {
                kind = error.kind;
            }
        }));
    boost::asio::steady_timer soon(rig.loop.io, std::chrono::milliseconds(20));
    soon.async_wait([&](const auto&) { signal.emit(boost::asio::cancellation_type::terminal); });
    rig.loop.io.run();
    BOOST_TEST((kind == ErrorKind::cancelled));
    BOOST_TEST(listening.seen.empty());
}

BOOST_AUTO_TEST_SUITE_END()
