// Multipart uploads, from their beginning to their end or their abortion.
#include "sim_s3_uploading.hpp"

using namespace s3pipes::sim;

BOOST_AUTO_TEST_SUITE(sim_s3_multipart)

BOOST_AUTO_TEST_CASE(parts_become_an_object) {
    Uploading s3;
    s3.begin({{"Content-Type", "text/plain"}, {"x-amz-meta-a", "b"}});
    s3.send(2, "to be replaced");
    const auto b = s3.send(2, s3.second), c = s3.send(30, s3.third), a = s3.send(1, s3.first);
    BOOST_TEST(s3.ask("HEAD", s3.key).status == 404u);
    const auto done = s3.complete(s3.listed(1, a) + s3.listed(2, b) + s3.listed(30, c));
    BOOST_TEST(s3.told(done) == "200 ");
    const auto etag = digest_of(Hash::Kind::md5, digest_of(Hash::Kind::md5, s3.first) +
                                                     digest_of(Hash::Kind::md5, s3.second) +
                                                     digest_of(Hash::Kind::md5, s3.third));
    BOOST_TEST(element(done.text, "ETag") == "&quot;" + hex(etag) + "-3&quot;");
    BOOST_TEST(element(done.text, "Location") == "http://127.0.0.1:9000/bucket/dir/whole");
    const auto whole = s3.first + s3.second + s3.third;
    BOOST_TEST(element(done.text, "ChecksumCRC64NVME") == sum(Algorithm::crc64nvme, whole));
    BOOST_TEST(element(done.text, "ChecksumType") == "FULL_OBJECT");

    const auto got = s3.get(s3.key);
    BOOST_TEST(body_of(got) == whole);
    BOOST_TEST(header_of(got, "ETag") == '"' + hex(etag) + "-3\"");
    BOOST_TEST(header_of(got, "Content-Type") == "text/plain");
    BOOST_TEST(header_of(got, "x-amz-meta-a") == "b");
    BOOST_TEST(body_of(s3.get(s3.key, {{"Range", "bytes=990-2505"}})) == whole.substr(990, 1516));
    const auto part = s3.get(s3.key + "?partNumber=2");
    BOOST_TEST(part.status == 206u);
    BOOST_TEST(body_of(part) == s3.second);
    BOOST_TEST(header_of(part, "Content-Range") == "bytes 1000-2499/2510");
    BOOST_TEST(header_of(part, "x-amz-mp-parts-count") == "3");
    BOOST_TEST(s3.told(s3.get(s3.key + "?partNumber=4")) == "416 InvalidPartNumber");
    BOOST_TEST(s3.told(s3.put(s3.part_target(1), "late")) == "404 NoSuchUpload");
}

BOOST_AUTO_TEST_CASE(checksums_of_the_whole) {
    for (const auto algorithm : algorithms) {
        for (const auto extent : {Extent::full, Extent::composite}) {
            Uploading s3;
            const std::string name(name_of(algorithm)), type(name_of(extent));
            const Headers wish{{"x-amz-checksum-algorithm", name}, {"x-amz-checksum-type", type}};
            const bool possible =
                extent == Extent::full ? is_crc(algorithm) : algorithm != Algorithm::crc64nvme;
            if (!possible) {
                BOOST_TEST(s3.told(s3.ask("POST", s3.key + "?uploads", wish)) ==
                           "400 InvalidRequest");
                continue;
            }
            s3.begin(wish);
            const std::string header(header_of(algorithm)), tag(element_of(algorithm));
            std::string parts, sums;
            unsigned number = 0;
            for (const auto& body : {s3.first, s3.second, s3.third}) {
                const auto value = sum(algorithm, body);
                const auto etag = s3.send(++number, body, {{header, value}});
                parts += s3.listed(number, etag, "<" + tag + ">" + value + "</" + tag + ">");
                sums += sum_of(algorithm, body);
            }
            const auto other = algorithm == Algorithm::crc32 ? Algorithm::sha1 : Algorithm::crc32;
            BOOST_TEST(s3.told(s3.put(s3.part_target(9), "x",
                                      {{std::string(header_of(other)), sum(other, "x")}})) ==
                       "400 InvalidRequest");
            const auto want = extent == Extent::full
                                  ? sum(algorithm, s3.first + s3.second + s3.third)
                                  : sum(algorithm, sums) + "-3";
            BOOST_TEST(s3.told(s3.complete(parts, {{header, sum(algorithm, "x")}})) ==
                       "400 BadDigest");
            const auto done = s3.complete(parts, {{header, want}});
            BOOST_TEST(s3.told(done) == "200 ");
            BOOST_TEST(element(done.text, tag) == want);
            BOOST_TEST(element(done.text, "ChecksumType") == type);
            const Headers mode{{"x-amz-checksum-mode", "ENABLED"}};
            const auto got = s3.get(s3.key, mode);
            BOOST_TEST(header_of(got, header) == want);
            BOOST_TEST(header_of(got, "x-amz-checksum-type") == type);
            BOOST_TEST(header_of(s3.get(s3.key + "?partNumber=2", mode), header) ==
                       (extent == Extent::full ? "" : sum(algorithm, s3.second)));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_no_object_is_made_of) {
    Uploading s3;
    s3.begin();
    const auto a = s3.send(1, s3.first), b = s3.send(2, s3.third), c = s3.send(3, s3.second);
    const auto told = [&](std::string parts, Headers headers = {}) {
        return s3.told(s3.complete(std::move(parts), std::move(headers)));
    };
    BOOST_TEST(told("") == "400 MalformedXML");
    BOOST_TEST(told("<Part></Part>") == "400 MalformedXML");
    BOOST_TEST(told("<Part><PartNumber>x</PartNumber><ETag>y</ETag></Part>") == "400 MalformedXML");
    BOOST_TEST(told("<Part>") == "400 MalformedXML");
    BOOST_TEST(told("</CompleteMultipartUpload><Other/>") == "400 MalformedXML");
    BOOST_TEST(told(s3.listed(4, a)) == "400 InvalidPart");
    BOOST_TEST(told(s3.listed(1, c)) == "400 InvalidPart");
    BOOST_TEST(told("<Part><PartNumber>18446744073709551617</PartNumber><ETag>y</ETag></Part>") ==
               "400 InvalidPart");
    BOOST_TEST(told("<Part><PartNumber>4294967297</PartNumber><ETag>" + a + "</ETag></Part>") ==
               "400 InvalidPart");
    BOOST_TEST(told(s3.listed(3, c) + s3.listed(1, a)) == "400 InvalidPartOrder");
    BOOST_TEST(told(s3.listed(1, a) + s3.listed(1, a)) == "400 InvalidPartOrder");
    // The order counts before the size of a part that comes too early.
    BOOST_TEST(told(s3.listed(2, b) + s3.listed(1, a)) == "400 InvalidPartOrder");
    BOOST_TEST(told(s3.listed(2, b) + s3.listed(3, a)) == "400 InvalidPart");
    BOOST_TEST(told(s3.listed(1, a, "<ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME>")) ==
               "400 InvalidPart");
    const auto small = s3.complete(s3.listed(1, a) + s3.listed(2, b) + s3.listed(3, c));
    BOOST_TEST(s3.told(small) == "400 EntityTooSmall");
    BOOST_TEST(element(small.text, "PartNumber") == "2");
    BOOST_TEST(element(small.text, "ProposedSize") == "10");
    BOOST_TEST(element(small.text, "MinSizeAllowed") == "1000");
    BOOST_TEST(told(s3.listed(1, a), {{"x-amz-mp-object-size", "999"}}) == "400 InvalidRequest");
    s3.put(s3.key, "present");
    BOOST_TEST(told(s3.listed(1, a), {{"If-None-Match", "*"}}) == "412 PreconditionFailed");
    BOOST_TEST(body_of(s3.get(s3.key)) == "present");
    // After all this the upload is still there. An ETag counts without its quotes too.
    BOOST_TEST(told(s3.listed(1, a.substr(1, 32)) + s3.listed(3, c),
                    {{"x-amz-mp-object-size", "2500"}}) == "200 ");
    BOOST_TEST(told(s3.listed(1, a)) == "404 NoSuchUpload");
}

BOOST_AUTO_TEST_CASE(a_composite_needs_the_checksum_of_each_part) {
    Uploading s3;
    s3.begin({{"x-amz-checksum-algorithm", "CRC32"}});
    const auto refused = s3.complete(s3.listed(1, s3.send(1, s3.first)));
    BOOST_TEST(s3.told(refused) == "400 InvalidRequest");
    BOOST_TEST(element(refused.text, "Message").find("missing for part 1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(given_up) {
    Uploading s3;
    s3.begin();
    s3.send(1, s3.first);
    BOOST_TEST(s3.told(s3.ask("DELETE", "/bucket/other?uploadId=" + s3.id)) == "404 NoSuchUpload");
    BOOST_TEST(s3.ask("DELETE", s3.key + "?uploadId=" + s3.id).status == 204u);
    BOOST_TEST(s3.told(s3.ask("DELETE", s3.key + "?uploadId=" + s3.id)) == "404 NoSuchUpload");
    BOOST_TEST(s3.told(s3.get(s3.key + "?uploadId=" + s3.id)) == "404 NoSuchUpload");
    BOOST_TEST(s3.ask("HEAD", s3.key).status == 404u);
    for (const auto* number : {"0", "10001", "-1", "x", "", "18446744073709551617"})
        BOOST_TEST(s3.told(s3.put(s3.key + "?uploadId=" + s3.id + "&partNumber=" + number, "x")) ==
                   "400 InvalidArgument");
}

BOOST_AUTO_TEST_CASE(parts_copied_from_a_terabyte) {
    Uploading s3;
    FamilyRules family;
    family.bucket = "source";
    family.pattern = "big/{:02d}";
    family.count = 3;
    family.size_bytes = std::uint64_t{1} << 40;
    s3.service.add_family(family);
    s3.begin();
    const auto copy = [&](unsigned number, std::string range) {
        return s3.put(
            s3.part_target(number), "",
            {{"x-amz-copy-source", "/source/big/01"}, {"x-amz-copy-source-range", range}});
    };
    const auto near = copy(1, "bytes=5-1004"), far = copy(2, "bytes=0-5368709119");
    BOOST_TEST(s3.told(near) == "200 ");
    BOOST_TEST(s3.told(far) == "200 ");
    const auto bytes = body_of(s3.get("/source/big/01", {{"Range", "bytes=5-1004"}}));
    BOOST_TEST(element(near.text, "ETag") ==
               "&quot;" + hex(digest_of(Hash::Kind::md5, bytes)) + "&quot;");
    BOOST_TEST(s3.told(copy(3, "bytes=0-5368709120")) == "400 InvalidRequest");
    for (const auto* bad :
         {"bytes=5-", "bytes=-5", "bytes=9-5", "5-9", "bytes=1099511627775-1099511627776",
          "bytes=0-18446744073709551615", "bytes=0-99999999999999999999999", ""})
        BOOST_TEST(s3.told(copy(3, bad)) == "400 InvalidArgument");
    const auto etag = [](const Answer& answer) {
        return element(answer.text, "ETag").substr(6, 32);
    };
    BOOST_TEST(s3.told(s3.complete(s3.listed(1, etag(near)) + s3.listed(2, etag(far)))) == "200 ");
    BOOST_TEST(s3.get(s3.key).body_bytes() == 1000 + 5368709120u);
    BOOST_TEST(body_of(s3.get(s3.key, {{"Range", "bytes=0-1004"}})) ==
               bytes + body_of(s3.get("/source/big/01", {{"Range", "bytes=0-4"}})));
}

BOOST_AUTO_TEST_SUITE_END()
