// Slow addresses against the noise of good ones: draws with S3's latencies and bandwidths.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdint>

#include "tests/address_traffic.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

constexpr auto slow_one = "10.0.0.3";

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_address_draws)

BOOST_AUTO_TEST_CASE(equal_addresses_stay_by_draws) {
    int wrong = 0;
    for (const std::uint64_t size : {110ull << 10, 2ull << 20, 8ull << 20}) {
        for (std::uint64_t seed = 0; seed < 40; ++seed) {
            AddressTraffic traffic({.connections = seed % 2 == 0 ? 64u : 16u, .body_bytes = size},
                                   seed);
            for (int i = 1; i <= 40; ++i) {
                traffic.run_until(i * 0.5);
                if (traffic.left() == 0) continue;
                ++wrong;
                break;
            }
            std::size_t most = 0, fewest = 1000;
            for (const auto& one : traffic.addresses->view(AddressTraffic::time(traffic.now_s()))) {
                most = std::max(most, one.connections);
                fewest = std::min(fewest, one.connections);
            }
            BOOST_TEST(most <= 2 * fewest + 1);
        }
    }
    BOOST_TEST(wrong <= 1);
}

BOOST_AUTO_TEST_CASE(a_slow_address_is_left_within_two_seconds_by_draws) {
    for (const std::uint64_t size : {110ull << 10, 2ull << 20, 8ull << 20}) {
        for (std::uint64_t seed = 0; seed < 40; ++seed) {
            AddressTraffic traffic({.body_bytes = size}, seed);
            traffic.slow(slow_one, 0.2);
            BOOST_TEST(traffic.until(slow_one, true, 10) < 2.0);
            BOOST_TEST(traffic.left() == 1u);
            // One that turns slow in the middle of a run has its good figures against it.
            AddressTraffic later({.body_bytes = size}, seed);
            later.run_until(10);
            later.slow(slow_one, 0.2);
            BOOST_TEST(later.until(slow_one, true, 30) < 18.0);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_slow_address_costs_little_and_does_not_flap_by_draws) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const AddressTraffic::Shape shape{.answers_per_connection = 1000};
        AddressTraffic good(shape, seed), bad(shape, seed);
        bad.slow(slow_one, 0.2);
        good.run_until(10);
        bad.run_until(2);
        const int before = bad.opened[slow_one];
        bad.run_until(10);
        BOOST_TEST(bad.delivered() > 0.93 * good.delivered());
        int returns = 0;
        bool left = true;
        for (double at_s = 10; at_s < 600; at_s += 1) {
            bad.run_until(at_s);
            const bool now_left = bad.view(slow_one).left;
            returns += left && !now_left;
            left = now_left;
        }
        BOOST_TEST(returns == 0);
        BOOST_TEST(bad.opened[slow_one] - before <= 5);
        bad.slow(slow_one, 1);
        bad.until(slow_one, false, 3000);
        BOOST_TEST(bad.now_s() < 3000);
        bad.run_until(bad.now_s() + 60);
        BOOST_TEST(bad.left() == 0u);
        BOOST_TEST(bad.view(slow_one).connections >= 5u);
    }
}

BOOST_AUTO_TEST_SUITE_END()
