// How many requests, and how near a store is.
#include <boost/test/unit_test.hpp>
#include <chrono>

#include "core/policy/nearness.hpp"
#include "core/policy/pacing.hpp"

using namespace s3pipes;
using std::chrono::microseconds;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(policy_pacing)

BOOST_AUTO_TEST_CASE(more_requests_for_a_farther_store) {
    RequestLimit limit(8, 256);
    BOOST_TEST(limit.value() == 8);
    limit.answered(0.0002);
    BOOST_TEST(limit.value() == 8);
    for (int i = 0; i < 200; ++i) limit.answered(0.005);
    BOOST_TEST(limit.value() >= 99);
    BOOST_TEST(limit.value() <= 100);
    for (int i = 0; i < 200; ++i) limit.answered(0.030);
    BOOST_TEST(limit.value() == 256);
}

BOOST_AUTO_TEST_CASE(a_throttled_store_is_asked_for_less_and_slowly_for_more) {
    RequestLimit limit(8, 100);
    for (int i = 0; i < 200; ++i) limit.answered(0.030);
    BOOST_TEST(limit.value() == 100);
    limit.throttled();
    BOOST_TEST(limit.value() == 70);
    limit.throttled();
    BOOST_TEST(limit.value() >= 48);  // 0.7 of 0.7, cut to a whole number
    BOOST_TEST(limit.value() <= 49);
    for (int i = 0; i < 1000; ++i) limit.throttled();
    BOOST_TEST(limit.value() >= 1);
    BOOST_TEST(limit.value() <= 2);
    for (int i = 0; i < 100; ++i) limit.answered(0.030);
    BOOST_TEST(limit.value() < 20);
    for (int i = 0; i < 2000; ++i) limit.answered(0.030);
    BOOST_TEST(limit.value() == 100);
}

BOOST_AUTO_TEST_CASE(a_store_is_far_until_it_has_answered_quickly) {
    Nearness nearness;
    BOOST_TEST(!nearness.near());
    nearness.answered(milliseconds(30));
    BOOST_TEST(!nearness.near());
    nearness.answered(milliseconds(3));
    BOOST_TEST(!nearness.near());
    nearness.answered(microseconds(900));
    BOOST_TEST(nearness.near());
}

BOOST_AUTO_TEST_CASE(answers_that_queue_do_not_make_a_near_store_far) {
    Nearness nearness;
    for (int i = 0; i < 10'000; ++i) {
        nearness.answered(i % 100 == 0 ? microseconds(500) : milliseconds(40));
        BOOST_REQUIRE(nearness.near());
    }
    // Until nothing else comes, for hundreds of answers.
    int answers = 0;
    for (; nearness.near() && answers < 10'000; ++answers) nearness.answered(milliseconds(40));
    BOOST_TEST(answers > 200);
    BOOST_TEST(answers < 1000);
}

BOOST_AUTO_TEST_SUITE_END()
