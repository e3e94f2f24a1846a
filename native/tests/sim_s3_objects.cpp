// GET, HEAD, PUT and DELETE of objects, and what is refused.
#include "sim_s3_rig.hpp"

using namespace s3pipes::sim;

namespace {

struct WithObject : Asked {
    WithObject() {
        put("/bucket/a/b", "0123456789",
            {{"Content-Type", "text/plain"},
             {"X-Amz-Meta-Colour", " blue "},
             {"Cache-Control", "no"}});
    }
    const std::string etag = "\"781e5e245d69b566979b86e28d23f2c7\"";  // the MD5
    const std::string key = "/bucket/a/b";

    std::string ranged(std::string range) { return body_of(get(key, {{"Range", range}})); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_s3_objects)

BOOST_AUTO_TEST_CASE(what_was_put_is_got) {
    WithObject s3;
    const auto answer = s3.get(s3.key);
    BOOST_TEST(answer.status == 200u);
    BOOST_TEST(body_of(answer) == "0123456789");
    BOOST_TEST(answer.body_bytes() == 10u);
    BOOST_TEST(header_of(answer, "ETag") == s3.etag);
    BOOST_TEST(header_of(answer, "Last-Modified") == "Fri, 02 Jan 2026 00:00:00 GMT");
    BOOST_TEST(header_of(answer, "Accept-Ranges") == "bytes");
    BOOST_TEST(header_of(answer, "Content-Type") == "text/plain");
    BOOST_TEST(header_of(answer, "Cache-Control") == "no");
    BOOST_TEST(header_of(answer, "x-amz-meta-colour") == "blue");
    BOOST_TEST(header_of(answer, "x-amz-request-id").size() == 16u);
    BOOST_TEST(header_of(answer, "x-amz-id-2").size() == 76u);
    BOOST_TEST((answer.kind == Answer::Kind::object));
    BOOST_TEST(answer.prefix == "bucket/a/");

    const auto head = s3.ask("HEAD", s3.key);
    BOOST_TEST(head.head);
    BOOST_TEST(head.body_bytes() == 10u);
    BOOST_TEST(header_of(head, "ETag") == s3.etag);
    BOOST_TEST(header_of(head, "x-amz-request-id") != header_of(answer, "x-amz-request-id"));
}

BOOST_AUTO_TEST_CASE(ranges) {
    WithObject s3;
    const auto answer = s3.get(s3.key, {{"Range", "bytes=2-4"}});
    BOOST_TEST(answer.status == 206u);
    BOOST_TEST(body_of(answer) == "234");
    BOOST_TEST(header_of(answer, "Content-Range") == "bytes 2-4/10");
    BOOST_TEST(s3.ranged("bytes=7-") == "789");
    BOOST_TEST(s3.ranged("bytes=-3") == "789");
    BOOST_TEST(s3.ranged("bytes=-99999999999999999999999") == "0123456789");
    BOOST_TEST(s3.ranged("bytes=8-18446744073709551615") == "89");
    BOOST_TEST(s3.ranged("bytes=8-99999999999999999999999") == "89");
    BOOST_TEST(s3.ranged("bytes=0-0") == "0");

    for (const auto* passed_over : {"bytes=4-2", "bytes=", "bytes=-", "bytes=a-b", "lines=1-2",
                                    "bytes=0-1,3-4", "bytes=1", "bytes=+1-2", "bytes=0x1-2"}) {
        const auto whole = s3.get(s3.key, {{"Range", passed_over}});
        BOOST_TEST(whole.status == 200u);
        BOOST_TEST(body_of(whole) == "0123456789");
    }
    for (const auto* beyond :
         {"bytes=10-", "bytes=10-20", "bytes=-0", "bytes=18446744073709551615-18446744073709551615",
          "bytes=18446744073709551616-"}) {
        const auto refused = s3.get(s3.key, {{"Range", beyond}});
        BOOST_TEST(s3.told(refused) == "416 InvalidRange");
        BOOST_TEST(element(refused.text, "ActualObjectSize") == "10");
        BOOST_TEST(element(refused.text, "RangeRequested") == beyond);
        BOOST_TEST(header_of(refused, "Content-Range") == "bytes */10");
    }
    s3.put("/bucket/empty", "");
    BOOST_TEST(s3.get("/bucket/empty").body_bytes() == 0u);
    BOOST_TEST(s3.told(s3.get("/bucket/empty", {{"Range", "bytes=0-"}})) == "416 InvalidRange");
    BOOST_TEST(s3.told(s3.get("/bucket/empty", {{"Range", "bytes=-5"}})) == "416 InvalidRange");
}

BOOST_AUTO_TEST_CASE(conditions) {
    WithObject s3;
    const std::string before = "Thu, 01 Jan 2026 00:00:00 GMT";
    const std::string then = "Fri, 02 Jan 2026 00:00:00 GMT";
    const auto status = [&](Headers headers) { return s3.get(s3.key, headers).status; };
    BOOST_TEST(status({{"If-Match", s3.etag}}) == 200u);
    BOOST_TEST(status({{"If-Match", "781e5e245d69b566979b86e28d23f2c7"}}) == 200u);
    BOOST_TEST(status({{"If-Match", "\"other\", " + s3.etag}}) == 200u);
    BOOST_TEST(status({{"If-Match", "*"}}) == 200u);
    BOOST_TEST(status({{"If-Match", "\"other\""}}) == 412u);
    BOOST_TEST(status({{"If-None-Match", s3.etag}}) == 304u);
    BOOST_TEST(status({{"If-None-Match", "\"other\""}}) == 200u);
    BOOST_TEST(status({{"If-Modified-Since", then}}) == 304u);
    BOOST_TEST(status({{"If-Modified-Since", before}}) == 200u);
    BOOST_TEST(status({{"If-Modified-Since", "yesterday"}}) == 200u);
    BOOST_TEST(status({{"If-Unmodified-Since", then}}) == 200u);
    BOOST_TEST(status({{"If-Unmodified-Since", before}}) == 412u);
    // An ETag outweighs a date.
    BOOST_TEST(status({{"If-Match", s3.etag}, {"If-Unmodified-Since", before}}) == 200u);
    BOOST_TEST(status({{"If-None-Match", "\"other\""}, {"If-Modified-Since", then}}) == 200u);
    BOOST_TEST(status({{"If-None-Match", s3.etag}, {"If-Modified-Since", before}}) == 304u);
    // A condition that fails comes before a range that cannot be had.
    BOOST_TEST(status({{"If-Match", "\"other\""}, {"Range", "bytes=10-"}}) == 412u);

    const auto refused = s3.get(s3.key, {{"If-Match", "\"other\""}});
    BOOST_TEST(s3.told(refused) == "412 PreconditionFailed");
    BOOST_TEST(element(refused.text, "Condition") == "If-Match");
    const auto known = s3.get(s3.key, {{"If-None-Match", "*"}});
    BOOST_TEST(known.body_bytes() == 0u);
    BOOST_TEST(header_of(known, "ETag") == s3.etag);
    BOOST_TEST(header_of(known, "Content-Type") == "");
}

BOOST_AUTO_TEST_CASE(headers_of_the_answer_can_be_asked_for) {
    WithObject s3;
    const auto answer = s3.get(s3.key +
                               "?response-content-type=a%2Fb&response-cache-control=yes"
                               "&response-content-disposition=attachment%3B%20filename%3Dx");
    BOOST_TEST(header_of(answer, "Content-Type") == "a/b");
    BOOST_TEST(header_of(answer, "Cache-Control") == "yes");
    BOOST_TEST(header_of(answer, "Content-Disposition") == "attachment; filename=x");
    BOOST_TEST(s3.told(s3.get(s3.key + "?response-content-type=a%0d%0aX-Evil:%20b")) ==
               "400 InvalidArgument");
}

BOOST_AUTO_TEST_CASE(part_numbers_of_an_object_without_parts) {
    WithObject s3;
    const auto whole = s3.get(s3.key + "?partNumber=1");
    BOOST_TEST(whole.status == 206u);
    BOOST_TEST(header_of(whole, "Content-Range") == "bytes 0-9/10");
    BOOST_TEST(header_of(whole, "x-amz-mp-parts-count") == "");
    BOOST_TEST(s3.told(s3.get(s3.key + "?partNumber=2")) == "416 InvalidPartNumber");
    for (const auto* bad : {"0", "-1", "x", "10001", "18446744073709551617"})
        BOOST_TEST(s3.told(s3.get(s3.key + "?partNumber=" + bad)) == "400 InvalidArgument");
    BOOST_TEST(s3.told(s3.get(s3.key + "?partNumber=1", {{"Range", "bytes=0-1"}})) ==
               "400 InvalidRequest");
}

BOOST_AUTO_TEST_CASE(what_is_not_there) {
    WithObject s3;
    const auto missing = s3.get("/bucket/missing%20key");
    BOOST_TEST(s3.told(missing) == "404 NoSuchKey");
    BOOST_TEST(element(missing.text, "Key") == "missing key");
    BOOST_TEST(element(missing.text, "RequestId") == header_of(missing, "x-amz-request-id"));
    BOOST_TEST(element(missing.text, "HostId") == header_of(missing, "x-amz-id-2"));
    BOOST_TEST(header_of(missing, "Content-Type") == "application/xml");
    BOOST_TEST(s3.told(s3.get("/other-bucket/key")) == "404 NoSuchBucket");
    BOOST_TEST(s3.told(s3.get("/Not_A_Bucket/key")) == "400 InvalidBucketName");
    BOOST_TEST(s3.told(s3.put("/other-bucket/key", "x")) == "404 NoSuchBucket");
    BOOST_TEST(s3.ask("HEAD", "/bucket/missing").status == 404u);
    BOOST_TEST(s3.told(s3.ask("PATCH", s3.key)) == "405 MethodNotAllowed");
    BOOST_TEST(s3.told(s3.get(s3.key + "?acl")) == "501 NotImplemented");
}

BOOST_AUTO_TEST_CASE(deleted_objects_are_gone) {
    WithObject s3;
    BOOST_TEST(s3.ask("DELETE", s3.key).status == 204u);
    BOOST_TEST(s3.told(s3.get(s3.key)) == "404 NoSuchKey");
    BOOST_TEST(s3.ask("DELETE", s3.key).status == 204u);
}

BOOST_AUTO_TEST_CASE(writes_on_condition) {
    WithObject s3;
    BOOST_TEST(s3.told(s3.put(s3.key, "new", {{"If-None-Match", "*"}})) ==
               "412 PreconditionFailed");
    BOOST_TEST(s3.told(s3.put(s3.key, "new", {{"If-None-Match", s3.etag}})) ==
               "501 NotImplemented");
    BOOST_TEST(s3.told(s3.put(s3.key, "new", {{"If-Match", "\"other\""}})) ==
               "412 PreconditionFailed");
    BOOST_TEST(s3.told(s3.put("/bucket/none", "new", {{"If-Match", "\"other\""}})) ==
               "404 NoSuchKey");
    BOOST_TEST(body_of(s3.get(s3.key)) == "0123456789");
    BOOST_TEST(s3.put(s3.key, "new", {{"If-Match", s3.etag}}).status == 200u);
    BOOST_TEST(body_of(s3.get(s3.key)) == "new");
    BOOST_TEST(s3.put("/bucket/none", "new", {{"If-None-Match", "*"}}).status == 200u);
}

BOOST_AUTO_TEST_CASE(keys_are_bytes_as_sent) {
    WithObject s3;
    for (const auto* key :
         {"a//b", "a/../b", "%C3%A4%20%2B+%26%3D%3F", "a%2Fb%25", "/lead", "x%01"}) {
        const auto target = std::string("/bucket/") + key;
        BOOST_TEST(s3.put(target, key).status == 200u);
        BOOST_TEST(body_of(s3.get(target)) == key);
    }
    BOOST_TEST(body_of(s3.get("/bucket/a/b%25")) == "a%2Fb%25");
    BOOST_TEST(s3.told(s3.put("/bucket/%", "x")) == "400 InvalidURI");
    BOOST_TEST(s3.told(s3.put("/bucket/%zz", "x")) == "400 InvalidURI");
    BOOST_TEST(s3.told(s3.put("/bucket/%ff", "x")) == "400 InvalidURI");
    BOOST_TEST(s3.told(s3.put("/bucket/%ed%a0%80", "x")) == "400 InvalidURI");
    BOOST_TEST(s3.put("/bucket/" + std::string(1024, 'k'), "x").status == 200u);
    BOOST_TEST(s3.told(s3.put("/bucket/" + std::string(1025, 'k'), "x")) == "400 KeyTooLongError");
    BOOST_TEST(s3.told(s3.get("no-slash")) == "400 InvalidURI");
    BOOST_TEST(s3.get("").status == 400u);
}

BOOST_AUTO_TEST_CASE(the_bucket_in_the_host) {
    auto rules = open_rules();
    rules.hosts = {"s3.test"};
    Asked s3(std::move(rules));
    s3.put("/bucket/key", "x");
    BOOST_TEST(body_of(s3.get("/key", {{"Host", "bucket.s3.test:9000"}})) == "x");
    BOOST_TEST(body_of(s3.get("/key", {{"Host", "BUCKET.S3.test"}})) == "x");
    BOOST_TEST(body_of(s3.get("/bucket/key", {{"Host", "s3.test"}})) == "x");
    BOOST_TEST(body_of(s3.get("/bucket/key", {{"Host", "elsewhere"}})) == "x");
    BOOST_TEST(body_of(s3.get("http://bucket.s3.test/key", {{"Host", "bucket.s3.test"}})) == "x");
    BOOST_TEST(elements(s3.get("/?list-type=2", {{"Host", "bucket.s3.test"}}).text, "Key").size() ==
               1u);
}

BOOST_AUTO_TEST_CASE(metadata_has_a_limit) {
    Asked s3;
    BOOST_TEST(s3.put("/bucket/k", "x", {{"x-amz-meta-a", std::string(2047, 'v')}}).status == 200u);
    BOOST_TEST(s3.told(s3.put("/bucket/k", "x", {{"x-amz-meta-a", std::string(2048, 'v')}})) ==
               "400 MetadataTooLarge");
}

BOOST_AUTO_TEST_SUITE_END()
