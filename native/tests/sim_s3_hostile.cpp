// Whatever is sent, S3 answers: requests cut, doubled, mixed and stuffed by chance.
#include <random>

#include "core/s3/xml_reader.hpp"
#include "core/words/error.hpp"
#include "sim_s3_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::sim;

namespace {

class Chance {
  public:
    explicit Chance(unsigned seed) : numbers_(seed) {}

    std::size_t upto(std::size_t limit) { return numbers_() % (limit + 1); }
    bool one_in(std::size_t n) { return upto(n - 1) == 0; }
    template <typename List>
    const auto& of(const List& list) {
        return list[upto(std::size(list) - 1)];
    }
    void spoil(std::string& text) {
        static const std::string_view morsels[] = {"18446744073709551615",
                                                   "18446744073709551616",
                                                   "-1",
                                                   "0",
                                                   "%",
                                                   "%00",
                                                   "%ff",
                                                   "/",
                                                   "//",
                                                   "..",
                                                   "?",
                                                   "&",
                                                   "=",
                                                   ";",
                                                   ",",
                                                   "\"",
                                                   "<",
                                                   ">",
                                                   "&amp;",
                                                   "\r\n",
                                                   "bytes=",
                                                   "-",
                                                   "999999999999",
                                                   "ffffffffffffffff",
                                                   "<Part>",
                                                   "</Part>",
                                                   "<![CDATA[",
                                                   "]]>",
                                                   "<!DOCTYPE x>",
                                                   "\xff",
                                                   "+"};
        for (auto left = upto(3); left > 0; --left) {
            const auto at = upto(text.size());
            switch (upto(3)) {
                case 0: text.insert(at, of(morsels)); break;
                case 1: text.erase(at, upto(12)); break;
                case 2: text.insert(at, text.substr(upto(text.size()), upto(20))); break;
                default:
                    if (at < text.size()) text[at] = static_cast<char>(numbers_());
            }
        }
    }

  private:
    std::mt19937 numbers_;
};

const std::string_view methods[] = {"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", ""};
const std::string_view targets[] = {
    "/",
    "/bucket",
    "/bucket?list-type=2&prefix=a&delimiter=%2F&max-keys=3&start-after=b&encoding-type=url",
    "/bucket?list-type=2&continuation-token=AAAAAAAAAAAAAAAAAAAA",
    "/bucket?marker=train%2Fshard-5&delimiter=-",
    "/bucket?uploads&key-marker=a&upload-id-marker=b&max-uploads=2",
    "/bucket?delete",
    "/bucket/key?uploads",
    "/bucket/key",
    "/bucket/train/shard-5",
    "/bucket/key?partNumber=1",
    "/bucket/key?attributes",
    "/bucket/key?response-content-type=a%2Fb",
    "http://bucket.s3.test/key",
    "/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=K%2F20260102%2Fus-east-1%2Fs3"
    "%2Faws4_request&X-Amz-Date=20260102T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=abc"};
const std::pair<std::string_view, std::string_view> headers[] = {
    {"Range", "bytes=1-5"},
    {"Range", "bytes=-5"},
    {"If-Match", "\"abc\", *"},
    {"If-None-Match", "*"},
    {"If-Modified-Since", "Fri, 02 Jan 2026 00:00:00 GMT"},
    {"Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw=="},
    {"x-amz-checksum-crc32", "y/Q5Jg=="},
    {"x-amz-checksum-mode", "ENABLED"},
    {"x-amz-checksum-algorithm", "SHA256"},
    {"x-amz-checksum-type", "FULL_OBJECT"},
    {"x-amz-copy-source", "/bucket/train/shard-5"},
    {"x-amz-copy-source-range", "bytes=0-9"},
    {"x-amz-copy-source-if-match", "\"abc\""},
    {"x-amz-metadata-directive", "REPLACE"},
    {"x-amz-meta-a", "b"},
    {"x-amz-object-attributes", "ETag,Checksum,ObjectParts"},
    {"x-amz-max-parts", "2"},
    {"x-amz-mp-object-size", "10"},
    {"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
    {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
    {"x-amz-content-sha256", "UNSIGNED-PAYLOAD"},
    {"x-amz-decoded-content-length", "9"},
    {"x-amz-trailer", "x-amz-checksum-crc32"},
    {"x-amz-date", "20260102T000000Z"},
    {"Authorization",
     "AWS4-HMAC-SHA256 Credential=K/20260102/us-east-1/s3/aws4_request,SignedHeaders=host;"
     "x-amz-date,Signature=abc"},
    {"Host", "bucket.s3.test"}};
const std::string_view bodies[] = {
    "",
    "123456789",
    "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n",
    "9;chunk-signature=abc\r\n123456789\r\n0;chunk-signature=def\r\n\r\n",
    "<Delete><Object><Key>key</Key></Object><Quiet>true</Quiet></Delete>",
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"abc\"</ETag></Part>"
    "</CompleteMultipartUpload>",
    "<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint>"
    "</CreateBucketConfiguration>"};

bool is_xml(std::string_view text) {
    struct Nobody final : XmlVisitor {
        void begins(std::size_t, std::string_view) override {}
        void ends(std::size_t, std::string_view, std::string&) override {}
    } nobody;
    try {
        read_xml(text, text.size(), nobody);
        return true;
    } catch (const Error&) {
        return false;
    }
}

Request random_request(Chance& chance, const std::string& upload) {
    Request request;
    request.method = chance.of(methods);
    request.target = chance.of(targets);
    if (chance.one_in(4)) request.target = "/bucket/key?partNumber=1&uploadId=" + upload;
    request.body = chance.of(bodies);
    for (auto left = chance.upto(6); left > 0; --left) {
        const auto& [name, value] = chance.of(headers);
        request.headers.emplace_back(name, value);
        if (chance.one_in(3)) chance.spoil(request.headers.back().second);
    }
    if (chance.one_in(3)) chance.spoil(request.target);
    if (chance.one_in(3)) chance.spoil(request.body);
    return request;
}

// How many requests were granted.
std::size_t bombard(ServiceRules rules, unsigned seed, int rounds) {
    rules.hosts = {"s3.test"};
    rules.least_part_bytes = 5;
    Asked s3(std::move(rules));
    FamilyRules family;
    family.bucket = "bucket";
    family.pattern = "train/shard-{:01d}";
    family.count = 9;
    family.size_bytes = 100'000;
    s3.service.add_family(family);
    Chance chance(seed);
    std::string upload = "none";
    std::size_t good = 0, bad = 0;
    for (int round = 0; round < rounds; ++round) {
        if (round % 50 == 0) {
            s3.put("/bucket", "");
            s3.put("/bucket/key", "123456789");
            upload = element(s3.ask("POST", "/bucket/key?uploads").text, "UploadId");
        }
        const auto request = random_request(chance, upload);
        const auto answer = s3.service.answer(request, sim_now, chance.one_in(2));
        ++(answer.status < 400 ? good : bad);
        BOOST_TEST_REQUIRE(answer.status >= 200u);
        BOOST_TEST_REQUIRE(answer.status < 502u);
        BOOST_TEST_REQUIRE(answer.status != 500u);
        if (answer.status >= 400) BOOST_TEST_REQUIRE(!element(answer.text, "Code").empty());
        // S3's XML is none where it quotes control characters.
        if (!answer.text.empty() && answer.text.find("&#x") == std::string::npos)
            BOOST_TEST_REQUIRE(is_xml(answer.text));
        if (answer.content) BOOST_TEST_REQUIRE(answer.begin <= answer.end);
        if (answer.content) BOOST_TEST_REQUIRE(answer.end <= answer.content->size());
        for (const auto& [name, value] : answer.headers)
            BOOST_TEST_REQUIRE(value.find_first_of("\r\n") == value.npos);
        BOOST_TEST_REQUIRE(body_of(answer).size() == answer.body_bytes());
    }
    BOOST_TEST(bad > 1000u);
    return good;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_s3_hostile)

BOOST_AUTO_TEST_CASE(anybody) {
    BOOST_TEST(bombard(open_rules(), 1, 30'000) > 5000u);
}

BOOST_AUTO_TEST_CASE(nobody) {
    auto rules = open_rules();
    rules.check_signatures = true;
    rules.keys = {{"K", "secret", ""}};
    BOOST_TEST(bombard(std::move(rules), 2, 10'000) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
