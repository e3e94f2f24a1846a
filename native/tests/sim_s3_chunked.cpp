// aws-chunked bodies: the example of Amazon's reference, what boto3 sends, and broken frames.
#include "sim/s3/aws_chunked.hpp"
#include "sim/s3/digest.hpp"
#include "sim/s3/fault.hpp"
#include "sim_s3_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::sim;

namespace {

// "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks",
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
constexpr std::int64_t may_2013 = 1369353600;

struct Documented : Asked {
    Headers headers{
        {"Host", "s3.amazonaws.com"},
        {"x-amz-date", "20130524T000000Z"},
        {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
         "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
         "x-amz-decoded-content-length;x-amz-storage-class,Signature="
         "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"},
        {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
        {"Content-Encoding", "aws-chunked"},
        {"x-amz-decoded-content-length", "66560"},
        {"Content-Length", "66824"}};
    std::string body =
        "10000;chunk-signature="
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
        std::string(65536, 'a') +
        "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"
        "\r\n" +
        std::string(1024, 'a') +
        "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"
        "\r\n\r\n";
    std::string target = "/examplebucket/chunkObject.txt";

    static ServiceRules rules() {
        auto out = open_rules();
        out.check_signatures = true;
        out.keys = {{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""}};
        return out;
    }
    Documented() : Asked(rules()) {
        now_s = may_2013;
        service.create_bucket("examplebucket", may_2013);
    }
    std::string put_told() { return told(put(target, body, headers)); }
};

const std::string trailing = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

struct Trailing : Asked {
    Answer send(std::string body, std::string size, std::string promised = "x-amz-meta-none",
                std::string payload = trailing) {
        return put("/bucket/key", std::move(body),
                   {{"x-amz-content-sha256", payload},
                    {"Content-Encoding", "gzip, aws-chunked"},
                    {"x-amz-decoded-content-length", size},
                    {"x-amz-trailer", promised}});
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_s3_chunked)

BOOST_AUTO_TEST_CASE(the_documented_example) {
    Documented s3;
    BOOST_TEST(s3.body.size() == 66824u);
    const auto answer = s3.put(s3.target, s3.body, s3.headers);
    BOOST_TEST(s3.told(answer) == "200 ");
    BOOST_TEST(header_of(answer, "ETag") ==
               '"' + hex(digest_of(Hash::Kind::md5, std::string(66560, 'a'))) + '"');
}

BOOST_AUTO_TEST_CASE(a_changed_chunk_is_seen) {
    const auto broken = [](std::size_t at) {
        Documented s3;
        s3.body[at] ^= 1;
        return s3.put_told();
    };
    BOOST_TEST(broken(1000) == "403 SignatureDoesNotMatch");          // the first chunk's bytes
    BOOST_TEST(broken(50) == "403 SignatureDoesNotMatch");            // its signature
    BOOST_TEST(broken(66824 - 1000) == "403 SignatureDoesNotMatch");  // the second's bytes
    BOOST_TEST(broken(66824 - 10) == "403 SignatureDoesNotMatch");    // the last signature
    Documented cut;
    cut.body.resize(cut.body.size() - 100);
    BOOST_TEST(cut.put_told() == "400 IncompleteBody");
    Documented reordered;
    reordered.headers[6].second = "66559";
    BOOST_TEST(reordered.put_told() == "403 SignatureDoesNotMatch");
}

BOOST_AUTO_TEST_CASE(unsigned_chunks_and_a_trailer) {
    Trailing s3;
    const auto answer = s3.send("5\r\nhello\r\n0\r\nx-amz-meta-none:x\r\n\r\n", "5");
    BOOST_TEST(s3.told(answer) == "200 ");
    const auto got = s3.get("/bucket/key");
    BOOST_TEST(body_of(got) == "hello");
    BOOST_TEST(header_of(got, "Content-Encoding") == "gzip");
    BOOST_TEST(s3.told(s3.send("0\r\nx-amz-meta-none:x\r\n\r\n", "0")) == "200 ");
    // No empty line at the end.
    BOOST_TEST(s3.told(s3.send("5\r\nhello\r\n0\r\nx-amz-meta-none:x\r\n", "5")) == "200 ");
    BOOST_TEST(s3.told(s3.send("5\r\nhello\r\n0\r\n\r\n", "5", "")) == "200 ");
    const std::string chunk(8192, 'c');
    BOOST_TEST(
        s3.told(s3.send("2000\r\n" + chunk + "\r\n2000\r\n" + chunk + "\r\n1\r\nd\r\n0\r\n\r\n",
                        "16385", "")) == "200 ");
    BOOST_TEST(s3.get("/bucket/key").body_bytes() == 16385u);
}

BOOST_AUTO_TEST_CASE(broken_frames) {
    Trailing s3;
    for (const auto* body : {"", "\r\n", "5", "5\r\n", "5\r\nhell", "5\r\nhello", "5\r\nhello\r\n",
                             "5\r\nhelloXX0\r\n\r\n", "x\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n",
                             "+5\r\nhello\r\n0\r\n\r\n", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
                             "fffffffffffffffff\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
                             "5\nhello\n0\n\n", "0", "6\r\nhello\r\n0\r\n\r\n"})
        BOOST_TEST(s3.told(s3.send(body, "5", "")) == "400 IncompleteBody");
    BOOST_TEST(s3.told(s3.send("5\r\nhello\r\n0\r\n\r\n", "6", "")) == "400 IncompleteBody");
    BOOST_TEST(s3.told(s3.send("5\r\nhello\r\n0\r\n\r\n", "99999999999999999999", "")) ==
               "400 IncompleteBody");
    BOOST_TEST(s3.told(s3.send("5\r\nhello\r\n0\r\n\r\n", "", "")) == "411 MissingContentLength");
    BOOST_TEST(s3.told(s3.send("5\r\nhello\r\n0\r\n\r\n", "-5", "")) == "411 MissingContentLength");
    for (const auto* trailer : {"", "x-amz-meta-other:x\r\n", "x-amz-meta-none\r\n",
                                "x-amz-meta-none:x\r\nx-amz-meta-more:y\r\n"})
        BOOST_TEST(s3.told(s3.send("5\r\nhello\r\n0\r\n" + std::string(trailer) + "\r\n", "5")) ==
                   "400 MalformedTrailerError");
    BOOST_TEST(s3.told(s3.send("1\r\na\r\n1\r\nb\r\n0\r\n\r\n", "2", "")) ==
               "403 InvalidChunkSizeError");
    BOOST_TEST(s3.told(s3.send("x", "1", "", "STREAMING-OTHER")) == "501 NotImplemented");
    BOOST_TEST(s3.told(s3.send("x", "1", "", "nonsense")) == "400 InvalidArgument");
}

// With the key of the documented example: the seed's signature stands for a request's.
BOOST_AUTO_TEST_CASE(a_signed_trailer) {
    const Seal seal{"key", "20130524T000000Z", "20130524/us-east-1/s3/aws4_request",
                    std::string(64, '0'), ""};
    const auto signature = [&](std::string_view kind, std::string previous, std::string digests) {
        return seal_signature(seal, std::string(kind) + "\n" + seal.timestamp + "\n" + seal.scope +
                                        "\n" + previous + "\n" + digests);
    };
    const auto sha = [](std::string_view text) { return hex(digest_of(Hash::Kind::sha256, text)); };
    const auto chunk = [&](std::string previous, std::string_view bytes) {
        return signature("AWS4-HMAC-SHA256-PAYLOAD", previous, sha("") + "\n" + sha(bytes));
    };
    const auto first = chunk(seal.signature, "hello"), last = chunk(first, "");
    const auto end = signature("AWS4-HMAC-SHA256-TRAILER", last, sha("x-amz-note:blue\n"));
    const auto body = [&](std::string trailer_signature) {
        return "5;chunk-signature=" + first + "\r\nhello\r\n0;chunk-signature=" + last +
               "\r\nx-amz-note:blue\r\nx-amz-trailer-signature:" + trailer_signature + "\r\n\r\n";
    };
    const ChunkFrame frame{true, true, "x-amz-note", &seal};
    const auto out = read_aws_chunked(body(end), frame);
    BOOST_TEST(out.bytes == "hello");
    BOOST_TEST_REQUIRE(out.trailers.size() == 1u);
    BOOST_TEST(out.trailers[0].second == "blue");
    BOOST_CHECK_THROW(read_aws_chunked(body(last), frame), Fault);
    BOOST_CHECK_THROW(read_aws_chunked(body(""), frame), Fault);
}

BOOST_AUTO_TEST_SUITE_END()
