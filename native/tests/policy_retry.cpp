#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "core/policy/retry.hpp"

using namespace s3pipes;
using std::chrono::milliseconds;

namespace {

constexpr double most = 0.9999999;
const RetryRules rules;

std::optional<milliseconds> delay(ErrorKind kind, int attempts, double rnd,
                                  std::optional<milliseconds> asked = {},
                                  milliseconds elapsed = milliseconds(0)) {
    return next_delay(rules, kind, attempts, elapsed, asked, rnd);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_retry)

BOOST_AUTO_TEST_CASE(only_what_passes_is_tried_again) {
    for (auto kind : {ErrorKind::connection, ErrorKind::timeout, ErrorKind::throttled,
                      ErrorKind::server, ErrorKind::not_s3, ErrorKind::bad_response})
        BOOST_TEST(delay(kind, 1, 0.5).has_value(), name_of(kind));
    for (auto kind :
         {ErrorKind::expired_credentials, ErrorKind::wrong_region, ErrorKind::certificate,
          ErrorKind::access_denied, ErrorKind::bucket_not_found, ErrorKind::object_not_found,
          ErrorKind::object_changed, ErrorKind::range_not_satisfiable, ErrorKind::request_refused,
          ErrorKind::config, ErrorKind::cancelled})
        BOOST_TEST(!delay(kind, 1, 0.0).has_value(), name_of(kind));
}

BOOST_AUTO_TEST_CASE(the_span_doubles_up_to_the_cap) {
    for (int attempts = 1; attempts < rules.max_attempts; ++attempts) {
        const auto top = std::min(rules.cap, rules.base * (1 << (attempts - 1)));
        BOOST_TEST((delay(ErrorKind::server, attempts, 0).value() == milliseconds(0)));
        const auto longest = delay(ErrorKind::server, attempts, most).value();
        BOOST_TEST((longest <= top && longest >= top - milliseconds(1)));
        const auto half = delay(ErrorKind::server, attempts, 0.5).value();
        BOOST_TEST((half == top / 2));
    }
    BOOST_TEST((delay(ErrorKind::throttled, 1, 0.5).value() == rules.throttle_base / 2));
    RetryRules many;
    many.max_attempts = 1'000'000;
    BOOST_TEST((next_delay(many, ErrorKind::server, 999'999, milliseconds(0), {}, 0.5).value() ==
                many.cap / 2));
}

BOOST_AUTO_TEST_CASE(it_ends_after_the_last_attempt) {
    BOOST_TEST(delay(ErrorKind::server, rules.max_attempts - 1, 0).has_value());
    BOOST_TEST(!delay(ErrorKind::server, rules.max_attempts, 0).has_value());
    RetryRules once;
    once.max_attempts = 1;
    BOOST_TEST(!next_delay(once, ErrorKind::server, 1, milliseconds(0), {}, 0).has_value());
}

BOOST_AUTO_TEST_CASE(it_ends_when_time_is_up) {
    BOOST_TEST(delay(ErrorKind::server, 1, 0, {}, rules.time_limit).has_value());
    BOOST_TEST(!delay(ErrorKind::server, 1, 0, {}, rules.time_limit + milliseconds(1)).has_value());
    // No use in waiting for an attempt that may not be made.
    BOOST_TEST(!delay(ErrorKind::server, 9, 0.9, {}, rules.time_limit - milliseconds(10)));
}

BOOST_AUTO_TEST_CASE(the_store_has_the_last_word_on_how_soon) {
    std::mt19937_64 random(5);
    for (int round = 0; round < 1000; ++round) {
        const milliseconds asked(random() % 10'000);
        const double rnd = static_cast<double>(random() >> 11) * 0x1p-53;
        const auto found =
            delay(ErrorKind::throttled, 1 + static_cast<int>(random() % 9), rnd, asked);
        BOOST_REQUIRE(found.has_value());
        BOOST_REQUIRE((*found >= asked));
        BOOST_REQUIRE((*found <= asked + rules.cap));
    }
    // Those who were sent away together do not come back together.
    BOOST_TEST((delay(ErrorKind::throttled, 1, 0.2, milliseconds(1000)) !=
                delay(ErrorKind::throttled, 1, 0.7, milliseconds(1000))));
    BOOST_TEST(!delay(ErrorKind::throttled, 1, 0, rules.time_limit + milliseconds(1)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
