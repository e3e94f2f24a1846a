// How many requests, and how near a store is.
#include <boost/test/unit_test.hpp>

#include "core/policy/in_flight.hpp"
#include "core/policy/nearness.hpp"

using namespace s3pipes;

BOOST_AUTO_TEST_SUITE(policy_in_flight)

BOOST_AUTO_TEST_CASE(a_store_is_far_until_it_has_answered_quickly) {
    Nearness nearness;
    BOOST_TEST(!nearness.near());
    nearness.answered(0.030);
    BOOST_TEST(!nearness.near());
    nearness.answered(0.003);
    BOOST_TEST(!nearness.near());
    nearness.answered(0.0009);
    BOOST_TEST(nearness.near());
}

BOOST_AUTO_TEST_CASE(answers_that_queue_do_not_make_a_near_store_far) {
    Nearness nearness;
    for (int i = 0; i < 10'000; ++i) {
        nearness.answered(i % 100 == 0 ? 0.0005 : 0.040);
        BOOST_REQUIRE(nearness.near());
    }
    // Until nothing else comes, for hundreds of answers.
    int answers = 0;
    for (; nearness.near() && answers < 10'000; ++answers) nearness.answered(0.040);
    BOOST_TEST(answers > 200);
    BOOST_TEST(answers < 1000);
}

BOOST_AUTO_TEST_SUITE_END()
