#include <boost/test/unit_test.hpp>
#include <ctime>
#include <random>

#include "core/s3/timestamp.hpp"

using namespace s3pipes;

BOOST_AUTO_TEST_SUITE(s3_timestamp)

BOOST_AUTO_TEST_CASE(http_dates) {
    BOOST_TEST(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
    BOOST_TEST(parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT") == 1709251199);
    for (const char* bad : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                            "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ",
                            "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
                            "Wed, 29 Feb 2023 00:00:00 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                            "Sun, 06 Nov 1994 08:49", "Sun, 6 Nov 1994 08:49:37 GMT", "120"})
        BOOST_TEST(parse_http_date(bad) == 0, bad);
}

BOOST_AUTO_TEST_CASE(iso_dates) {
    BOOST_TEST(parse_iso8601("2009-10-12T17:50:30.000Z") == 1255369830);
    BOOST_TEST(parse_iso8601("2009-10-12T17:50:30Z") == 1255369830);
    BOOST_TEST(parse_iso8601("2009-10-12T19:50:30.123456789+02:00") == 1255369830);
    BOOST_TEST(parse_iso8601("2009-10-12T12:20:30-05:30") == 1255369830);
    for (const char* bad :
         {"", "2009-10-12", "2009-10-12T17:50:30", "2009-10-12T17:50:30.Z", "2009-13-12T17:50:30Z",
          "2009-10-12 17:50:30Z", "2009-10-12T17:50:30Zx", "x009-10-12T17:50:30Z"})
        BOOST_TEST(parse_iso8601(bad) == 0, bad);
}

BOOST_AUTO_TEST_CASE(amz_dates) {
    BOOST_TEST(format_amz_date(0) == "19700101T000000Z");
    BOOST_TEST(format_amz_date(-1) == "19691231T235959Z");
    BOOST_TEST(format_amz_date(1369353600) == "20130524T000000Z");
    BOOST_TEST(format_amz_date(1709251199) == "20240229T235959Z");
}

BOOST_AUTO_TEST_CASE(all_three_agree_with_the_c_library) {
    std::mt19937_64 random(2);
    for (int round = 0; round < 5000; ++round) {
        const auto seconds = static_cast<std::int64_t>(random() % 7'000'000'000) + 1;
        const std::time_t raw = seconds;
        std::tm civil{};
        gmtime_r(&raw, &civil);
        char text[64];
        std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &civil);
        BOOST_REQUIRE_EQUAL(format_amz_date(seconds), text);
        std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &civil);
        BOOST_REQUIRE_EQUAL(parse_iso8601(text), seconds);
        std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &civil);
        BOOST_REQUIRE_EQUAL(parse_http_date(text), seconds);
    }
}

BOOST_AUTO_TEST_SUITE_END()
