// Copies of objects, and deleting many at once.
#include "core/s3/base64.hpp"
#include "sim/s3/checksums.hpp"
#include "sim_s3_rig.hpp"

using s3pipes::encode_base64;
using namespace s3pipes::sim;

namespace {

struct Copying : Asked {
    Copying() {
        put("/bucket/a%20b", "0123456789", {{"Content-Type", "text/plain"}, {"x-amz-meta-a", "1"}});
    }
    Answer copy(std::string to, Headers headers = {}, std::string from = "/bucket/a%20b") {
        headers.emplace_back("x-amz-copy-source", from);
        return put("/bucket/" + to, "", std::move(headers));
    }
    std::string copy_told(std::string to, Headers headers = {},
                          std::string from = "/bucket/a%20b") {
        return told(copy(std::move(to), std::move(headers), std::move(from)));
    }
    Answer delete_many(std::string xml, bool with_md5 = true) {
        Headers headers;
        if (with_md5)
            headers.emplace_back("Content-MD5", encode_base64(digest_of(Hash::Kind::md5, xml)));
        return ask("POST", "/bucket?delete", headers, xml);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_s3_copies)

BOOST_AUTO_TEST_CASE(a_copy_is_the_same) {
    Copying s3;
    s3.now_s += 10;
    const auto done = s3.copy("copy");
    BOOST_TEST(s3.told(done) == "200 ");
    const auto source = s3.get("/bucket/a%20b"), copy = s3.get("/bucket/copy");
    BOOST_TEST(element(done.text, "ETag") == "&quot;781e5e245d69b566979b86e28d23f2c7&quot;");
    BOOST_TEST(element(done.text, "LastModified") == "2026-01-02T00:00:10.000Z");
    BOOST_TEST(element(done.text, "ChecksumType") == "FULL_OBJECT");
    BOOST_TEST((copy.content == source.content));
    BOOST_TEST(header_of(copy, "Content-Type") == "text/plain");
    BOOST_TEST(header_of(copy, "x-amz-meta-a") == "1");
    BOOST_TEST(s3.copy_told("copy2", {}, "bucket/a%20b") == "200 ");
    BOOST_TEST(s3.copy_told("copy2", {}, "bucket/a%20b?versionId=null") == "200 ");
}

BOOST_AUTO_TEST_CASE(metadata_and_checksum_of_a_copy) {
    Copying s3;
    BOOST_TEST(s3.copy_told("a%20b") == "400 InvalidRequest");
    BOOST_TEST(s3.copy_told("a%20b", {{"x-amz-metadata-directive", "REPLACE"},
                                      {"x-amz-meta-b", "2"},
                                      {"x-amz-checksum-algorithm", "SHA256"}}) == "200 ");
    const auto got = s3.get("/bucket/a%20b", {{"x-amz-checksum-mode", "ENABLED"}});
    BOOST_TEST(header_of(got, "x-amz-meta-a") == "");
    BOOST_TEST(header_of(got, "x-amz-meta-b") == "2");
    BOOST_TEST(header_of(got, "Content-Type") == "binary/octet-stream");
    BOOST_TEST(header_of(got, "x-amz-checksum-sha256") ==
               encode_base64(sum_of(Algorithm::sha256, "0123456789")));
    BOOST_TEST(s3.copy_told("c", {{"x-amz-metadata-directive", "MIX"}}) == "400 InvalidArgument");
    BOOST_TEST(s3.copy_told("c", {{"x-amz-checksum-algorithm", "MD9"}}) == "400 InvalidRequest");
}

BOOST_AUTO_TEST_CASE(copies_on_condition) {
    Copying s3;
    const std::string etag = "\"781e5e245d69b566979b86e28d23f2c7\"";
    const std::string before = "Thu, 01 Jan 2026 00:00:00 GMT",
                      then = "Fri, 02 Jan 2026 00:00:00 GMT";
    const auto told = [&](std::string name, std::string value) {
        return s3.copy_told("copy", {{"x-amz-copy-source-if-" + name, value}});
    };
    BOOST_TEST(told("match", etag) == "200 ");
    BOOST_TEST(told("match", "\"other\"") == "412 PreconditionFailed");
    BOOST_TEST(told("none-match", etag) == "412 PreconditionFailed");
    BOOST_TEST(told("none-match", "\"other\"") == "200 ");
    BOOST_TEST(told("modified-since", then) == "412 PreconditionFailed");
    BOOST_TEST(told("modified-since", before) == "200 ");
    BOOST_TEST(told("unmodified-since", before) == "412 PreconditionFailed");
    BOOST_TEST(told("unmodified-since", then) == "200 ");
    BOOST_TEST(s3.copy_told("copy", {{"If-None-Match", "*"}}) == "412 PreconditionFailed");
    BOOST_TEST(s3.copy_told("fresh", {{"If-None-Match", "*"}}) == "200 ");
}

BOOST_AUTO_TEST_CASE(sources_that_are_none) {
    Copying s3;
    BOOST_TEST(s3.copy_told("c", {}, "/bucket/missing") == "404 NoSuchKey");
    BOOST_TEST(s3.copy_told("c", {}, "/missing/key") == "404 NoSuchBucket");
    for (const auto* bad : {"", "/", "bucket", "/bucket/", "bucket/a?versionId=abc"})
        BOOST_TEST(s3.copy_told("c", {}, bad) == "400 InvalidArgument");
    BOOST_TEST(s3.copy_told("c", {}, "/bucket/%zz") == "400 InvalidURI");
    FamilyRules family;
    family.bucket = "bucket";
    family.pattern = "big/{:02d}";
    family.count = 1;
    family.size_bytes = (std::uint64_t{5} << 30) + 1;
    s3.service.add_family(family);
    BOOST_TEST(s3.copy_told("c", {}, "/bucket/big/00") == "400 InvalidRequest");
}

BOOST_AUTO_TEST_CASE(many_are_deleted) {
    Copying s3;
    s3.put("/bucket/%3Cx%3E", "x");
    s3.put("/bucket/kept", "x");
    const auto object = [](std::string key) { return "<Object><Key>" + key + "</Key></Object>"; };
    const auto done =
        s3.delete_many("<Delete>" + object("a b") + object("&lt;x&gt;") + object("never") +
                       "<Object><Key>kept</Key><VersionId>abc</VersionId></Object></Delete>");
    BOOST_TEST(s3.told(done) == "200 NoSuchVersion");
    BOOST_TEST(elements(done.text, "Deleted").size() == 3u);
    BOOST_TEST(elements(done.text, "Error").size() == 1u);
    BOOST_TEST(elements(s3.get("/bucket").text, "Key") == std::vector<std::string>{"kept"},
               boost::test_tools::per_element());
    const auto quiet = s3.delete_many("<Delete><Quiet>true</Quiet>" + object("kept") + "</Delete>");
    BOOST_TEST(elements(quiet.text, "Deleted").empty());
    BOOST_TEST(elements(s3.get("/bucket").text, "Key").empty());

    BOOST_TEST(s3.told(s3.delete_many("<Delete>" + object("a") + "</Delete>", false)) ==
               "400 InvalidRequest");
    std::string many;
    for (int i = 0; i < 1001; ++i) many += object("k");
    for (const auto& bad :
         {std::string(), std::string("<Delete/>"), std::string("<Delete>"), std::string("text"),
          "<Other>" + object("a") + "</Other>", "<Delete>" + object("") + "</Delete>",
          "<Delete>" + many + "</Delete>", std::string("<Delete><Object/></Delete>"),
          std::string(
              "<!DOCTYPE d [<!ENTITY e 'x'>]><Delete><Object><Key>&e;</Key></Object></Delete>")})
        BOOST_TEST(s3.told(s3.delete_many(bad)) == "400 MalformedXML");
}

BOOST_AUTO_TEST_SUITE_END()
