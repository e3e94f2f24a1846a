// Checksums of objects: claimed, verified, kept, told.
#include "core/s3/base64.hpp"
#include "sim/s3/checksums.hpp"
#include "sim_s3_rig.hpp"

using s3pipes::decode_base64;
using s3pipes::encode_base64;
using namespace s3pipes::sim;

namespace {

const std::string bytes = "123456789";

struct Kind {
    const char* header;
    const char* value;  // of the nine digits; the first three are those of the CRC catalogues
};
const Kind kinds[] = {
    {"x-amz-checksum-crc32", "y/Q5Jg=="},
    {"x-amz-checksum-crc32c", "4waSgw=="},
    {"x-amz-checksum-crc64nvme", "rosUhgp5mIg="},
    {"x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="},
    {"x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},
};
const Headers enabled{{"x-amz-checksum-mode", "ENABLED"}};

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_s3_checksums)

BOOST_AUTO_TEST_CASE(claimed_ones_are_verified_and_kept) {
    Asked s3;
    for (const auto& kind : kinds) {
        const auto put = s3.put("/bucket/key", bytes, {{kind.header, kind.value}});
        BOOST_TEST(s3.told(put) == "200 ");
        BOOST_TEST(header_of(put, kind.header) == kind.value);
        BOOST_TEST(header_of(put, "x-amz-checksum-type") == "FULL_OBJECT");
        const auto got = s3.get("/bucket/key", enabled);
        BOOST_TEST(header_of(got, kind.header) == kind.value);
        BOOST_TEST(header_of(s3.ask("HEAD", "/bucket/key", enabled), kind.header) == kind.value);
        BOOST_TEST(header_of(s3.get("/bucket/key"), kind.header) == "");
        auto ranged = enabled;
        ranged.emplace_back("Range", "bytes=0-3");
        BOOST_TEST(header_of(s3.get("/bucket/key", ranged), kind.header) == "");
        ranged.back().second = "bytes=passed-over";
        BOOST_TEST(header_of(s3.get("/bucket/key", ranged), kind.header) == kind.value);

        BOOST_TEST(s3.told(s3.put("/bucket/bad", "12345678", {{kind.header, kind.value}})) ==
                   "400 BadDigest");
        for (const auto* bad : {"", "x", "====", "y/Q5Jg", "y/Q5Jg==y/Q5Jg==", "y/Q5J!=="})
            BOOST_TEST(s3.told(s3.put("/bucket/bad", bytes, {{kind.header, bad}})) ==
                       "400 InvalidRequest");
    }
    BOOST_TEST(s3.ask("HEAD", "/bucket/bad").status == 404u);
}

BOOST_AUTO_TEST_CASE(without_a_claim_s3_chooses) {
    Asked s3;
    const auto put = s3.put("/bucket/key", bytes);
    BOOST_TEST(header_of(put, "x-amz-checksum-crc64nvme") == "rosUhgp5mIg=");
    BOOST_TEST(header_of(s3.get("/bucket/key", enabled), "x-amz-checksum-crc64nvme") ==
               "rosUhgp5mIg=");
    BOOST_TEST(element(s3.get("/bucket").text, "ChecksumAlgorithm") == "CRC64NVME");
}

BOOST_AUTO_TEST_CASE(claims_that_contradict_themselves) {
    Asked s3;
    BOOST_TEST(s3.told(s3.put("/bucket/key", bytes,
                              {{kinds[0].header, kinds[0].value},
                               {kinds[1].header, kinds[1].value}})) == "400 InvalidRequest");
    BOOST_TEST(s3.told(s3.put("/bucket/key", bytes, {{"x-amz-sdk-checksum-algorithm", "CRC32"}})) ==
               "400 InvalidRequest");
    BOOST_TEST(s3.told(s3.put("/bucket/key", bytes,
                              {{"x-amz-sdk-checksum-algorithm", "SHA1"},
                               {kinds[0].header, kinds[0].value}})) == "400 InvalidRequest");
    BOOST_TEST(s3.told(s3.put("/bucket/key", bytes, {{"x-amz-checksum-xxhash64", "x"}})) ==
               "501 NotImplemented");
    BOOST_TEST(
        s3.put("/bucket/key", bytes,
               {{"x-amz-sdk-checksum-algorithm", "crc32"}, {kinds[0].header, kinds[0].value}})
            .status == 200u);
}

BOOST_AUTO_TEST_CASE(content_md5) {
    Asked s3;
    BOOST_TEST(s3.put("/bucket/key", bytes, {{"Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw=="}}).status ==
               200u);
    BOOST_TEST(s3.told(s3.put("/bucket/key", "x", {{"Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw=="}})) ==
               "400 BadDigest");
    for (const auto* bad : {"", "x", "JfnnlDI7RTiF9Rgf"})
        BOOST_TEST(s3.told(s3.put("/bucket/key", bytes, {{"Content-MD5", bad}})) ==
                   "400 InvalidDigest");
}

BOOST_AUTO_TEST_CASE(in_a_trailer) {
    Asked s3;
    const auto send = [&](std::string value) {
        return s3.put("/bucket/key",
                      "9\r\n" + bytes + "\r\n0\r\nx-amz-checksum-crc32:" + value + "\r\n\r\n",
                      {{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                       {"x-amz-trailer", "x-amz-checksum-crc32"},
                       {"x-amz-sdk-checksum-algorithm", "CRC32"},
                       {"x-amz-decoded-content-length", "9"}});
    };
    BOOST_TEST(s3.told(send("y/Q5Jg==")) == "200 ");
    BOOST_TEST(header_of(s3.get("/bucket/key", enabled), "x-amz-checksum-crc32") == "y/Q5Jg==");
    BOOST_TEST(s3.told(send("y/Q5JQ==")) == "400 BadDigest");
}

BOOST_AUTO_TEST_CASE(of_computed_objects) {
    auto rules = open_rules();
    rules.computed_checksum_bytes = 200'000;
    Asked s3(std::move(rules));
    FamilyRules family;
    family.bucket = "bucket";
    family.pattern = "s/{:03d}";
    family.count = 10;
    family.size_bytes = 200'000;
    s3.service.add_family(family);
    family.pattern = "t/{:03d}";
    family.size_bytes = 200'001;
    s3.service.add_family(family);
    const auto got = s3.get("/bucket/s/003", enabled);
    BOOST_TEST(header_of(got, "x-amz-checksum-crc64nvme") ==
               encode_base64(sum_of(Algorithm::crc64nvme, body_of(got))));
    BOOST_TEST(header_of(s3.get("/bucket/s/003", enabled), "x-amz-checksum-crc64nvme") ==
               header_of(got, "x-amz-checksum-crc64nvme"));
    BOOST_TEST(header_of(s3.get("/bucket/t/003", enabled), "x-amz-checksum-crc64nvme") == "");
}

BOOST_AUTO_TEST_CASE(base64) {
    const std::string all = "\x00\x10\x83\x10\x51\x87\xff";
    for (std::size_t size = 0; size <= all.size(); ++size) {
        const auto some = all.substr(0, size);
        BOOST_TEST(decode_base64(encode_base64(some)).value_or("none") == some);
    }
    BOOST_TEST(encode_base64("foob") == "Zm9vYg==");
    for (const auto* bad :
         {"Zm9vYg=", "Zm9vYg", "Zm9vYh==", "Zm9v=g==", "====", "Zg==Zg==", "Z m9"})
        BOOST_TEST(!decode_base64(bad).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
