// Requests from bytes, and families of objects from words.
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "sim/program/objects.hpp"
#include "sim/server/request_reader.hpp"

using namespace s3pipes::sim;

namespace {

std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// Feeds `wire` in pieces of one size, unused bytes again; how many bytes the request took.
std::size_t feed(RequestReader& reader, std::string_view wire, std::size_t piece) {
    std::size_t used = 0;
    std::size_t seen = 0;
    while (!reader.done() && !reader.bad() && seen < wire.size()) {
        seen = std::min(wire.size(), seen + piece);
        used += reader.feed(as_bytes(wire.substr(used, seen - used)));
    }
    return used;
}

constexpr std::string_view put =
    "PUT /bucket/key HTTP/1.1\r\nHost: s3\r\nX-Amz-Meta-A: b\r\nContent-Length: 5\r\n"
    "Expect: 100-continue\r\n\r\nhello";
constexpr std::string_view get = "GET /bucket/key?x=%20 HTTP/1.1\r\nhost: s3\r\n\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_server_requests)

BOOST_AUTO_TEST_CASE(a_request_is_read_however_it_is_cut) {
    for (const std::size_t piece : {1, 2, 7, 64, 4096}) {
        RequestReader reader;
        BOOST_TEST(!reader.begun());
        BOOST_TEST(feed(reader, std::string(put) + std::string(get), piece) == put.size());
        BOOST_REQUIRE(reader.done());
        BOOST_TEST(reader.expects_continue());
        BOOST_TEST(reader.keep_alive());
        BOOST_TEST(reader.request().method == "PUT");
        BOOST_TEST(reader.request().target == "/bucket/key");
        BOOST_TEST(reader.request().body == "hello");
        BOOST_TEST(reader.request().header("x-amz-meta-a").value() == "b");

        reader.start();
        BOOST_TEST(feed(reader, get, piece) == get.size());
        BOOST_REQUIRE(reader.done());
        BOOST_TEST(reader.request().target == "/bucket/key?x=%20");
        BOOST_TEST(reader.request().body.empty());
        BOOST_TEST(!reader.expects_continue());
    }
}

BOOST_AUTO_TEST_CASE(a_chunked_body_is_put_together) {
    constexpr std::string_view wire =
        "PUT /b/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        "3\r\nhel\r\n2\r\nlo\r\n0\r\nx-amz-checksum-crc32: NhCmhg==\r\n\r\n";
    for (const std::size_t piece : {1, 5, 4096}) {
        RequestReader reader;
        BOOST_TEST(feed(reader, wire, piece) == wire.size());
        BOOST_REQUIRE(reader.done());
        BOOST_TEST(reader.request().body == "hello");
        BOOST_TEST(!reader.keep_alive());
        BOOST_TEST(reader.request().header("X-Amz-Checksum-Crc32").value() == "NhCmhg==");
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_bad) {
    RequestReader reader;
    feed(reader, "\x16\x03\x01 this is TLS\r\n\r\n", 4096);
    BOOST_TEST(reader.bad());

    RequestReader endless;
    feed(endless, "GET / HTTP/1.1\r\nx: " + std::string(100'000, 'y'), 4096);
    BOOST_TEST(endless.bad());
}

BOOST_AUTO_TEST_CASE(objects_are_described_in_words) {
    const Objects fixed = Objects::parse("bucket/a/{:06}.bin:4000:110KiB");
    BOOST_TEST(fixed.bucket == "bucket");
    BOOST_TEST(fixed.pattern == "a/{:06d}.bin");
    BOOST_TEST(fixed.count == 4000u);
    BOOST_TEST(fixed.size_bytes == 110u * 1024);
    BOOST_TEST(fixed.sigma == 0);

    const Objects drawn = Objects::parse("b/x:y/{:03d}:10:1.5MiB~0.7");
    BOOST_TEST(drawn.pattern == "x:y/{:03d}");
    BOOST_TEST(drawn.size_bytes == 1536u * 1024);
    BOOST_TEST(drawn.sigma == 0.7);

    for (const char* wrong : {"", "b", "b/k", "b/k:1", "b/k:x:1", "b/k:1:1kb", "/k:1:1", "b/:1:1",
                              "b/k:-1:1", "b/k:1:nan"}) {
        BOOST_CHECK_THROW(Objects::parse(wrong), std::invalid_argument);
    }
}

BOOST_AUTO_TEST_SUITE_END()
