// What S3Store makes of answers that are no plain success.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/store_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

const std::string chunked = "Transfer-Encoding: chunked\r\n";

std::string in_chunk(const std::string& body) {
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", body.size());
    return body.empty() ? "" : size + body + "\r\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_s3_answers)

BOOST_AUTO_TEST_CASE(only_an_object_of_no_bytes_makes_an_unsatisfied_range_an_empty_object) {
    const std::string fields = "Content-Length: 0\r\nETag: \"e\"\r\n";
    {
        ScriptedServer server(always(head_of("416 No", "Content-Range: bytes */0\r\n" + fields)));
        S3Rig rig(server);
        const auto sink = rig.get(part(0, 100));
        BOOST_TEST(sink.whole());
        BOOST_TEST(sink.meta->size == 0u);
        BOOST_TEST(sink.meta->etag == "\"e\"");
        // From another byte it would be an error of an empty object too.
        const Error beyond = rig.get_error(part(5, 100));
        BOOST_TEST((beyond.kind == ErrorKind::range_not_satisfiable));
    }
    for (const auto& [range, says] : {std::pair{"bytes */200000", "200000 bytes"},
                                      {"bytes */1", "1 byte"},
                                      // It does not say: HEAD does.
                                      {"bytes 0-9/100", "77 bytes"},
                                      {"", "77 bytes"},
                                      {"bytes */x", "77 bytes"}}) {
        const std::string refusal =
            head_of("416 No", std::string("Content-Range: ") + range + "\r\n" + fields);
        ScriptedServer server([=](Peer& peer, int) {
            for (auto asked = peer.request(); !asked.empty(); asked = peer.request())
                peer.send(asked.starts_with("HEAD") ? head_of("200 OK", "Content-Length: 77\r\n")
                                                    : refusal);
            peer.close();
        });
        S3Rig rig(server);
        const Error error = rig.get_error(part(0, 100));
        BOOST_TEST(std::string(name_of(error.kind)) == "range_not_satisfiable");
        BOOST_TEST(error.status == 416);
        BOOST_TEST(mentions(error, says));
    }
    // S3's own words do as well as the header.
    const std::string xml =
        "<Error><Code>InvalidRange</Code><Message>m</Message><ActualObjectSize>";
    for (const std::string size : {"0", "7"}) {
        ScriptedServer server(
            always("HTTP/1.1 416 No\r\nContent-Length: " + std::to_string(xml.size() + 28) +
                   "\r\n\r\n" + xml + size + "</ActualObjectSize></Error>"));
        S3Rig rig(server);
        if (size == "0") {
            BOOST_TEST(rig.get(part(0, 100)).whole());
        } else {
            BOOST_TEST(mentions(rig.get_error(part(0, 100)), "7 bytes"));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_refusal_of_a_range_and_a_head_that_is_nobodys) {
    ScriptedServer server([](Peer& peer, int) {
        for (auto request = peer.request(); !request.empty(); request = peer.request())
            peer.send(request.starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
                                                  : "HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n");
    });
    S3Rig rig(server);
    BOOST_TEST((rig.get_error(part(0, 100)).kind == ErrorKind::not_s3));
}

BOOST_AUTO_TEST_CASE(an_answer_without_the_marks_of_s3_is_no_object) {
    const std::string page = "<html>Please sign in</html>";
    const std::string length = "Content-Length: " + std::to_string(page.size()) + "\r\n";
    const auto taken = [&](const std::string& fields) -> std::string {
        ScriptedServer server(always(bare_head_of("200 OK", length + fields) + page, 1));
        S3Rig rig(server);
        CollectingSink sink;
        try {
            rig.loop.run(rig.store().get(whole(), sink));
        } catch (const Error& error) {
            BOOST_TEST(!sink.meta);
            return name_of(error.kind);
        }
        return sink.bytes == page ? "taken" : "something else";
    };
    BOOST_TEST(taken("") == "not_s3");
    BOOST_TEST(taken("Content-Type: text/html\r\n") == "not_s3");
    BOOST_TEST(taken("x-amz-request-id: ID\r\nContent-Type: text/html\r\n") == "not_s3");
    BOOST_TEST(taken("x-amz-request-id: ID\r\nContent-Type: application/xml\r\n") == "not_s3");
    BOOST_TEST(taken("ETag: \"e\"\r\nContent-Type: text/html\r\n") == "not_s3");
    // A page may be an object.
    BOOST_TEST(taken("x-amz-request-id: ID\r\nETag: \"e\"\r\nContent-Type: text/html\r\n") ==
               "taken");
    BOOST_TEST(taken("ETag: \"e\"\r\nContent-Type: text/plain\r\n") == "taken");
    BOOST_TEST(taken("x-amz-request-id: ID\r\nContent-Type: text/plain\r\n") == "taken");
}

BOOST_AUTO_TEST_CASE(an_error_in_the_clothes_of_a_success_is_one) {
    const std::string xml = "<Error><Code>InternalError</Code><Message>m</Message></Error>";
    const std::string fields =
        "x-amz-request-id: ID\r\nContent-Type: application/xml\r\nContent-Length: " +
        std::to_string(xml.size()) + "\r\n";
    ScriptedServer server(always(bare_head_of("200 OK", fields) + xml, 1));
    S3Rig rig(server);
    const Error error = rig.get_error(whole());
    BOOST_TEST((error.kind == ErrorKind::server));
    BOOST_TEST(error.request_id == "ID");
    const Error listing = rig.loop.error_of(rig.store().list_page({"", "", 0}));
    BOOST_TEST((listing.kind == ErrorKind::server));
}

BOOST_AUTO_TEST_CASE(signatures_follow_the_clock_of_a_store_that_refuses_them) {
    const std::string xml = "<Error><Code>RequestTimeTooSkewed</Code><Message>m</Message></Error>";
    const std::string refusal =
        head_of("403 Forbidden", "Date: Fri, 01 Jan 2100 12:00:00 GMT\r\nContent-Length: " +
                                     std::to_string(xml.size()) + "\r\n") +
        xml;
    std::string dated;
    ScriptedServer server([&](Peer& peer, int) {
        for (auto asked = peer.request(); !asked.empty(); asked = peer.request()) {
            const auto at = asked.find("x-amz-date: ");
            dated += at == asked.npos ? "- " : asked.substr(at + 12, 8) + " ";
            peer.send(dated.find("2100") == dated.npos
                          ? refusal
                          : head_of("200 OK", "ETag: \"e\"\r\nContent-Length: 5\r\n") + "hello");
        }
        peer.close();
    });
    S3Rig rig(server);
    rig.credentials->set(std::make_shared<const Credentials>(Credentials{"key", "secret", ""}));
    const Error error = rig.get_error(whole());
    BOOST_TEST((error.kind == ErrorKind::server));  // worth another attempt
    BOOST_TEST(rig.get(whole()).bytes == "hello");
    BOOST_TEST(dated.find("21000101") != dated.npos);
}

BOOST_AUTO_TEST_CASE(a_body_longer_than_the_object_is_no_object) {
    const auto error_with = [](const std::string& answer, GetRequest request) {
        ScriptedServer server(always(answer, 1));
        S3Rig rig(server);
        CollectingSink sink;
        const Error error = rig.loop.error_of(rig.store().get(request, sink));
        // It must not look complete to who goes by the bytes in place.
        BOOST_TEST((sink.in_place < sink.bytes.size() || sink.bytes.empty()));
        return error;
    };
    GetRequest known = whole();
    known.known_size = 5;
    for (const std::string& end : {in_chunk("!"), in_chunk("!") + "0\r\n\r\n"}) {
        const Error error = error_with(head_of("200 OK", chunked) + in_chunk("hello") + end, known);
        BOOST_TEST(std::string(name_of(error.kind)) == "bad_response");
        BOOST_TEST(mentions(error, "longer than"));
    }
    BOOST_TEST(mentions(error_with(head_of("200 OK") + "hello!", known), "longer than"));
    BOOST_TEST(mentions(error_with(head_of("206 P", "Content-Range: bytes 2-6/9\r\n" + chunked) +
                                       in_chunk("hello!") + "0\r\n\r\n",
                                   part(2, 7)),
                        "longer than"));
    known.known_size = 0;
    BOOST_TEST(mentions(error_with(head_of("200 OK") + "h", known), "longer than"));
}

BOOST_AUTO_TEST_CASE(a_body_without_a_length_that_is_as_long_as_the_object_is_whole) {
    GetRequest known = whole();
    for (const std::string body : {"hello", "", "x"}) {
        known.known_size = body.size();
        for (const std::string& answer : {head_of("200 OK", chunked) + in_chunk(body) + "0\r\n\r\n",
                                          head_of("200 OK") + body}) {
            ScriptedServer server(always(answer, 1));
            S3Rig rig(server);
            const auto sink = rig.get(known);
            BOOST_TEST(sink.bytes == body);
            BOOST_TEST(sink.whole());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_size_that_head_tells_is_of_the_same_object) {
    for (const bool same : {true, false}) {
        std::atomic<bool> asked_by_head = false;
        ScriptedServer server([&](Peer& peer, int connection) {
            const std::string request = peer.request();
            if (connection == 0) {
                peer.send(head_of("200 OK", "ETag: \"one\"\r\n") + "hello");
                peer.close();
                return;
            }
            asked_by_head = request.starts_with("HEAD ");
            peer.send(head_of("200 OK", std::string("Content-Length: 5\r\nETag: ") +
                                            (same ? "\"one\"" : "\"two\"") + "\r\n"));
            peer.wait_for_close();
        });
        S3Rig rig(server);
        if (same) {
            BOOST_TEST(rig.get(whole()).bytes == "hello");
        } else {
            const Error error = rig.get_error(whole());
            BOOST_TEST(std::string(name_of(error.kind)) == "object_changed");
        }
        BOOST_TEST(asked_by_head.load());
    }
}

BOOST_AUTO_TEST_CASE(a_body_of_unknown_size_is_collected_as_far_as_there_is_room) {
    const std::string body = noise(300'000);
    ScriptedServer server(always(head_of("200 OK", chunked) + in_chunk(body) + "0\r\n\r\n"));
    S3Rig rig(server);
    const auto sink = rig.get(whole());
    BOOST_TEST((sink.bytes == body));
    BOOST_TEST(sink.whole());
    BOOST_REQUIRE(sink.reserved.size() >= 2u);
    BOOST_TEST(sink.reserved.size() < 16u);  // grows by a factor, not by a step
    BOOST_TEST(sink.reserved.back() >= body.size());
    CollectingSink small;
    small.may_reserve = 100'000;
    const Error error = rig.loop.error_of(rig.store().get(whole(), small));
    BOOST_TEST(!small.meta);
    BOOST_TEST((error.kind == ErrorKind::server));
    BOOST_TEST(mentions(error, "no size"));
}

BOOST_AUTO_TEST_CASE(what_is_stored_encoded_comes_as_stored) {
    std::atomic<bool> asked_for_identity = true;
    ScriptedServer server([&](Peer& peer, int) {
        std::string request;
        while (!(request = peer.request()).empty()) {
            if (request.find("\r\nAccept-Encoding: identity\r\n") == std::string::npos)
                asked_for_identity = false;
            peer.send(of_length("\x1f\x8bnot really", "ETag: \"e\"\r\nContent-Encoding: gzip\r\n"));
        }
    });
    S3Rig rig(server);
    BOOST_TEST(rig.get(whole()).bytes == "\x1f\x8bnot really");
    BOOST_TEST(asked_for_identity.load());
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_stay_out_of_errors) {
    const std::string odd = "\xff\xfe\x80";
    ScriptedServer server(always(head_of("206 P", "Content-Length: 3\r\nETag: \"" + odd +
                                                      "\"\r\nContent-Range: " + odd +
                                                      "\r\nx-amz-request-id: " + odd + "\r\n") +
                                 "abc"));
    S3Rig rig(server);
    const Error error = rig.get_error(part(0, 3));
    for (const std::string& text : {error.message, error.request_id})
        for (const char c : text) BOOST_TEST((c >= ' ' && c <= '~'));
    ScriptedServer good(always(of_length("abc", "ETag: \"" + odd + "\"\r\n")));
    S3Rig other(good);
    BOOST_TEST(other.get(whole()).meta->etag == "\"" + odd + "\"");
}

BOOST_AUTO_TEST_CASE(a_bare_refusal_of_a_head_from_the_right_region_is_no_wrong_region) {
    for (const std::string region : {"us-east-1", "eu-west-1"}) {
        ScriptedServer server(
            always(head_of("400 Bad Request", "x-amz-bucket-region: " + region + "\r\n")));
        S3Rig rig(server);
        const Error error = rig.loop.error_of(rig.store().head("key"));
        BOOST_TEST(std::string(name_of(error.kind)) ==
                   (region == "us-east-1" ? "request_refused" : "wrong_region"));
        BOOST_TEST(error.status == 400);
    }
}

BOOST_AUTO_TEST_CASE(sizes_that_no_object_has_are_refused) {
    for (const std::string size : {"70368744177665", "9223372036854775808", "18446744073709551614",
                                   "18446744073709551615"}) {
        ScriptedServer server(always(head_of("206 P", "Content-Range: bytes 0-2/" + size +
                                                          "\r\n"
                                                          "Content-Length: 3\r\n") +
                                         "abc",
                                     1));
        S3Rig rig(server);
        BOOST_TEST((rig.get_error(part(0, 3)).kind == ErrorKind::bad_response));
        ScriptedServer head(always(head_of("200 OK", "Content-Length: " + size + "\r\n"), 1));
        S3Rig other(head);
        BOOST_TEST(
            (other.loop.error_of(other.store().head("key")).kind == ErrorKind::bad_response));
    }
}

BOOST_AUTO_TEST_SUITE_END()
