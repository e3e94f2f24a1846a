// What the simulator's chance gives, and that it gives it again.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/physics/draws.hpp"
#include "sim/physics/settings.hpp"

using namespace s3pipes::sim;

namespace {

constexpr int many = 20'000;
constexpr double mib = 1 << 20;

std::vector<double> first_bytes(const Settings& settings, std::uint64_t seed) {
    const Draws draws(seed);
    std::vector<double> found;
    for (int i = 0; i < many; ++i) {
        found.push_back(draws.first_byte_s(settings, 1 + i % 64, 1 + i / 64));
    }
    std::ranges::sort(found);
    return found;
}

double quantile(const std::vector<double>& sorted, double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

// That the quantile is the lognormal's, to one part in twenty.
void check_quantile(const std::vector<double>& sorted, double share, double expected_s) {
    BOOST_TEST(quantile(sorted, share) == expected_s, boost::test_tools::tolerance(0.05));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_physics_draws)

BOOST_AUTO_TEST_CASE(s3_standard_has_the_quantiles_of_its_source) {
    const auto found = first_bytes(profile("s3-standard"), 1);
    BOOST_TEST(found.front() == 0.010);
    check_quantile(found, 0.5, 0.027);
    check_quantile(found, 0.95, 0.075);
    check_quantile(found, 0.99, 0.114);
    BOOST_TEST(found.back() < 0.5);
}

BOOST_AUTO_TEST_CASE(s3_express_is_ten_times_nearer) {
    const auto found = first_bytes(profile("s3-express"), 1);
    BOOST_TEST(found.front() == 0.001);
    check_quantile(found, 0.5, 0.0025);
    check_quantile(found, 0.99, 0.0025 * std::exp(0.57 * 2.326));
}

BOOST_AUTO_TEST_CASE(far_adds_its_way) {
    const auto near = first_bytes(profile("s3-standard"), 1);
    const auto far = first_bytes(profile("far"), 1);
    for (int i = 0; i < many; i += 100)
        BOOST_TEST(far[i] == near[i] + 0.150, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(none_waits_for_nothing) {
    BOOST_TEST(first_bytes(profile("none"), 1).back() == 0);
    BOOST_TEST(Draws(1).bytes_per_s(profile("none"), 1) == 0);
    BOOST_TEST(Draws(1).list_page_s(profile("none"), 1, 1) == 0);
}

BOOST_AUTO_TEST_CASE(the_tail_is_a_share_that_can_be_switched_on) {
    Settings settings = profile("s3-standard");
    BOOST_TEST(first_bytes(settings, 1).back() < 1);
    settings.tail_share = 0.01;
    const auto found = first_bytes(settings, 1);
    const auto slow = std::ranges::count_if(found, [](double s) { return s >= 1; });
    BOOST_TEST(slow >= many / 100 * 0.8);
    BOOST_TEST(slow <= many / 100 * 1.2);
    BOOST_TEST(found.back() > 8);
    BOOST_TEST(found.back() <= 10);
    check_quantile(found, 0.5, 0.027);
}

BOOST_AUTO_TEST_CASE(a_connection_keeps_its_bandwidth) {
    const Settings settings = profile("s3-standard");
    const Draws draws(5);
    std::vector<double> found;
    for (int i = 1; i <= many; ++i) found.push_back(draws.bytes_per_s(settings, i));
    BOOST_TEST(draws.bytes_per_s(settings, 7) == found[6]);
    std::ranges::sort(found);
    BOOST_TEST(found.front() == 25 * mib);
    BOOST_TEST(found.back() == 93 * mib);
    check_quantile(found, 0.5, 57 * mib);
    BOOST_TEST(quantile(found, 0.1) < 42 * mib);
    BOOST_TEST(quantile(found, 0.9) > 80 * mib);
}

BOOST_AUTO_TEST_CASE(a_seed_repeats_itself_and_another_does_not) {
    const Settings settings = profile("s3-standard");
    std::set<double> distinct;
    for (std::uint64_t connection = 1; connection <= 20; ++connection) {
        for (std::uint64_t request = 1; request <= 20; ++request) {
            const double drawn = Draws(9).first_byte_s(settings, connection, request);
            BOOST_TEST(drawn == Draws(9).first_byte_s(settings, connection, request));
            if (drawn > settings.first_byte_floor_s) distinct.insert(drawn);
            distinct.insert(Draws(10).first_byte_s(settings, connection, request));
        }
    }
    BOOST_TEST(distinct.size() > 650);  // of 800, without those at the floor
}

BOOST_AUTO_TEST_CASE(each_setting_has_one_name_and_takes_numbers_only) {
    std::set<std::string_view> names;
    for (const Setting& setting : all_settings()) {
        BOOST_TEST(names.insert(setting.name).second);
        Settings settings;
        set(settings, setting.name, 0.25);
        BOOST_TEST((settings.*setting.value) == 0.25);
        const bool either_way = setting.value == &Settings::clock_offset_s;
        BOOST_CHECK_THROW(set(settings, setting.name, either_way ? -1e10 : -1),
                          std::invalid_argument);
        BOOST_CHECK_THROW(set(settings, setting.name, std::nan("")), std::invalid_argument);
    }
    BOOST_TEST(names.size() * sizeof(double) == sizeof(Settings));
    Settings settings;
    BOOST_CHECK_THROW(set(settings, "no_such_s", 1), std::invalid_argument);
    BOOST_CHECK_THROW(profile("s3"), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
