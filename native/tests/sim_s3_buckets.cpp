// Buckets: made, listed, deleted, located.
#include "sim_s3_rig.hpp"

using namespace s3pipes::sim;

BOOST_AUTO_TEST_SUITE(sim_s3_buckets)

BOOST_AUTO_TEST_CASE(made_listed_and_deleted) {
    Asked s3;
    BOOST_TEST(s3.put("/second", "").status == 200u);
    BOOST_TEST(s3.put("/second", "").status == 200u);
    const auto all = s3.get("/");
    BOOST_TEST(elements(all.text, "Name") == (std::vector<std::string>{"bucket", "second"}),
               boost::test_tools::per_element());
    BOOST_TEST(elements(all.text, "CreationDate").back() == "2026-01-02T00:00:00.000Z");
    BOOST_TEST(s3.ask("HEAD", "/second").status == 200u);

    s3.put("/second/key", "x");
    BOOST_TEST(s3.told(s3.ask("DELETE", "/second")) == "409 BucketNotEmpty");
    s3.ask("DELETE", "/second/key");
    BOOST_TEST(s3.ask("DELETE", "/second/").status == 204u);
    BOOST_TEST(s3.ask("HEAD", "/second").status == 404u);
    BOOST_TEST(s3.told(s3.ask("DELETE", "/second")) == "404 NoSuchBucket");
}

BOOST_AUTO_TEST_CASE(names) {
    Asked s3;
    for (const auto* bad : {"ab", "Capital", "under_score", "-lead", "trail-", "two..dots"})
        BOOST_TEST(s3.told(s3.put("/" + std::string(bad), "")) == "400 InvalidBucketName");
    BOOST_TEST(s3.told(s3.put("/" + std::string(64, 'a'), "")) == "400 InvalidBucketName");
    BOOST_TEST(s3.put("/" + std::string(63, 'a'), "").status == 200u);
    BOOST_CHECK_THROW(s3.service.create_bucket("bucket", 0), std::invalid_argument);
    BOOST_CHECK_THROW(s3.service.create_bucket("Capital", 0), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(regions) {
    auto rules = open_rules();
    rules.region = "eu-west-1";
    Asked s3(std::move(rules));
    const auto wanted = [](std::string region) {
        return "<CreateBucketConfiguration><LocationConstraint>" + region +
               "</LocationConstraint></CreateBucketConfiguration>";
    };
    BOOST_TEST(s3.put("/second", wanted("eu-west-1")).status == 200u);
    BOOST_TEST(s3.told(s3.put("/second", wanted("eu-west-1"))) == "409 BucketAlreadyOwnedByYou");
    BOOST_TEST(s3.told(s3.put("/third", "")) == "400 IllegalLocationConstraintException");
    BOOST_TEST(element(s3.get("/second?location").text, "Code") == "");
    BOOST_TEST(s3.get("/second?location").text.find(">eu-west-1</LocationConstraint>") !=
               std::string::npos);
    BOOST_TEST(header_of(s3.ask("HEAD", "/second"), "x-amz-bucket-region") == "eu-west-1");
    for (const auto* bad : {"<a", "text", "<Other/>", "<CreateBucketConfiguration>",
                            "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>"})
        BOOST_TEST(s3.told(s3.put("/fourth", bad)) == "400 MalformedXML");
}

BOOST_AUTO_TEST_SUITE_END()
