// What is told of uploads and of their parts.
#include "sim_s3_uploading.hpp"

using namespace s3pipes::sim;

BOOST_AUTO_TEST_SUITE(sim_s3_upload_lists)

BOOST_AUTO_TEST_CASE(parts_are_listed) {
    Uploading s3;
    s3.begin({{"x-amz-checksum-algorithm", "SHA256"}});
    for (const unsigned number : {1u, 3u, 7u, 10'000u}) s3.send(number, s3.first);
    std::vector<std::string> numbers;
    std::string marker = "0";
    for (bool more = true; more;) {
        const auto page =
            s3.get(s3.key + "?uploadId=" + s3.id + "&max-parts=3&part-number-marker=" + marker);
        BOOST_TEST_REQUIRE(page.status == 200u);
        for (const auto& number : elements(page.text, "PartNumber")) numbers.push_back(number);
        BOOST_TEST(element(page.text, "Size") == "1000");
        BOOST_TEST(element(page.text, "ChecksumSHA256") == sum(Algorithm::sha256, s3.first));
        marker = element(page.text, "NextPartNumberMarker");
        more = element(page.text, "IsTruncated") == "true";
    }
    BOOST_TEST(numbers == (std::vector<std::string>{"1", "3", "7", "10000"}),
               boost::test_tools::per_element());
    BOOST_TEST(s3.told(s3.get(s3.key + "?uploadId=" + s3.id + "&part-number-marker=-1")) ==
               "400 InvalidArgument");
}

BOOST_AUTO_TEST_CASE(uploads_are_listed) {
    Uploading s3;
    std::vector<std::string> want;
    for (const auto* key : {"a", "a", "b/1", "b/2", "c", "d"}) {
        s3.key = std::string("/bucket/") + key;
        s3.begin();
        want.push_back(std::string(key) + s3.id);
    }
    for (unsigned limit = 1; limit < 8; ++limit) {
        std::vector<std::string> got;
        std::string markers;
        for (bool more = true; more;) {
            const auto page =
                s3.get("/bucket?uploads&max-uploads=" + std::to_string(limit) + markers);
            const auto keys = elements(page.text, "Key"), ids = elements(page.text, "UploadId");
            for (std::size_t i = 0; i < keys.size(); ++i) got.push_back(keys[i] + ids[i]);
            markers = "&key-marker=" + element(page.text, "NextKeyMarker") +
                      "&upload-id-marker=" + element(page.text, "NextUploadIdMarker");
            more = element(page.text, "IsTruncated") == "true";
        }
        BOOST_TEST(got == want, boost::test_tools::per_element());
    }
    const auto rolled = s3.get("/bucket?uploads&delimiter=%2F&key-marker=a");
    BOOST_TEST(elements(rolled.text, "Key") == (std::vector<std::string>{"c", "d"}),
               boost::test_tools::per_element());
    BOOST_TEST(elements(rolled.text, "CommonPrefixes").size() == 1u);
    BOOST_TEST(elements(s3.get("/bucket?uploads&prefix=b").text, "Key").size() == 2u);
    // They do not keep a bucket alive, and end with it.
    BOOST_TEST(s3.ask("DELETE", "/bucket").status == 204u);
    s3.service.create_bucket("bucket", 0);
    BOOST_TEST(elements(s3.get("/bucket?uploads").text, "Key").empty());
}

BOOST_AUTO_TEST_CASE(attributes) {
    Uploading s3;
    s3.begin({{"x-amz-checksum-algorithm", "SHA1"}});
    const auto value = sum(Algorithm::sha1, s3.first);
    const auto tag = "<ChecksumSHA1>" + value + "</ChecksumSHA1>";
    s3.complete(s3.listed(1, s3.send(1, s3.first), tag) + s3.listed(2, s3.send(2, s3.first), tag));
    const auto answer =
        s3.get(s3.key + "?attributes",
               {{"x-amz-object-attributes", "ETag,Checksum,ObjectParts,StorageClass, ObjectSize"},
                {"x-amz-max-parts", "1"}});
    BOOST_TEST(element(answer.text, "ETag").ends_with("-2"));
    BOOST_TEST(element(answer.text, "ObjectSize") == "2000");
    BOOST_TEST(element(answer.text, "PartsCount") == "2");
    BOOST_TEST(element(answer.text, "IsTruncated") == "true");
    BOOST_TEST(elements(answer.text, "ChecksumSHA1").at(1) == value);
    BOOST_TEST(s3.told(s3.get(s3.key + "?attributes")) == "400 InvalidRequest");
    BOOST_TEST(s3.told(s3.get(s3.key + "?attributes", {{"x-amz-object-attributes", "Colour"}})) ==
               "400 InvalidArgument");
}

BOOST_AUTO_TEST_SUITE_END()
