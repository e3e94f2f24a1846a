// What the head of an answer says, and heads that break the rules.
#include <boost/test/unit_test.hpp>
#include <random>
#include <span>
#include <string>

#include "core/http/response_parser.hpp"
#include "core/words/object.hpp"
#include "tests/http_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(http_heads)

BOOST_AUTO_TEST_CASE(head_in_one_byte_pieces) {
    ScriptedServer server([](Peer& peer, int) {
        peer.request();
        peer.send_in_pieces(
            of_length("hello",
                      "ETag: \"abc\"\r\nx-amz-Request-Id: 17\r\nContent-Range: bytes 0-4/9\r\n"
                      "Content-Type: text/plain\r\nLast-Modified: Mon\r\nX-Other: 1\r\n"
                      "x-amz-bucket-region: eu-west-1\r\nRetry-After: 3\r\n"
                      "x-amz-checksum-SHA1: AAAA\r\nX-Amz-Checksum-crc32c: AAAAAA==\r\n"
                      "x-amz-checksum-crc32: BBBB\r\nx-amz-checksum-type: FULL_OBJECT\r\n"
                      "x-amz-checksum-mode: CC\r\nServer: s\r\nDate: d\r\n"),
            1);
        peer.wait_for_close();
    });
    ClientLoop loop;
    const Fetched answer = loop.run(fetch(loop.pool, at(server)));
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
    BOOST_TEST(answer.head.checksum == "AAAAAA==");
    BOOST_TEST((answer.head.checksum_kind == ChecksumKind::crc32c));
    BOOST_TEST(answer.head.checksum_type == "FULL_OBJECT");
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
        ClientLoop loop;
        const Fetched answer = loop.run(fetch(loop.pool, at(good)));
        BOOST_TEST(answer.head.etag == "\"last\"");
        BOOST_TEST(answer.body == "body");
        const Error error = loop.error_of(fetch(loop.pool, at(bad)));
        BOOST_TEST((error.kind == ErrorKind::bad_response));
        BOOST_TEST(mentions(error, "64 KiB"));
    }
}

BOOST_AUTO_TEST_CASE(who_keeps_the_connection) {
    struct Case {
        std::string response;
        bool kept;
    };
    ClientLoop loop;
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
    ClientLoop loop;
    const std::string head = "HEAD /k HTTP/1.1\r\nHost: h\r\n\r\n";
    const Fetched answer = loop.run(fetch(loop.pool, at(server), head));
    BOOST_TEST(answer.head.content_length.value() == 1234u);
    BOOST_TEST(answer.body.empty());
    BOOST_TEST(answer.reusable);
}

BOOST_AUTO_TEST_CASE(interim_answers_are_skipped) {
    ClientLoop loop;
    ScriptedServer server(
        always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nETag: no\r\n\r\n" +
               of_length("ok")));
    const Fetched answer = loop.run(fetch(loop.pool, at(server)));
    BOOST_TEST(answer.body == "ok");
    BOOST_TEST(answer.head.etag == "");
    BOOST_TEST(answer.reusable);
    ScriptedServer switching(always("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
    BOOST_TEST((loop.error_of(fetch(loop.pool, at(switching))).kind == ErrorKind::bad_response));
}

BOOST_AUTO_TEST_CASE(answers_that_break_http_are_refused) {
    ClientLoop loop;
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

BOOST_AUTO_TEST_CASE(a_length_is_that_of_an_object) {
    std::mt19937_64 random(46);
    for (int round = 0; round < 2000; ++round) {
        constexpr std::uint64_t edges[] = {0, largest_object_bytes, std::uint64_t{1} << 63};
        const std::uint64_t size =
            round % 2 == 0 ? random() >> (random() % 64) : edges[random() % 3] + random() % 5 - 2;
        for (const bool head_only : {false, true}) {
            ResponseParser parser;
            parser.start(head_only);
            const std::string head =
                "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
            const auto feed = [&] { parser.feed_head(std::as_bytes(std::span(head))); };
            if (size <= largest_object_bytes) {
                feed();
                BOOST_REQUIRE(parser.head().content_length == size);
            } else {
                BOOST_REQUIRE_EXCEPTION(feed(), Error, [](const Error& error) {
                    return error.kind == ErrorKind::bad_response;
                });
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
