// When an answer is late, and what is done about it.
#include "core/policy/lateness.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

using namespace s3pipes;
using Cure = Lateness::Cure;

namespace {

// S3's: the median 27 ms, and never below 10.
double first_byte(std::mt19937& random) {
    std::lognormal_distribution<double> draw(std::log(0.027), 0.62);
    return std::max(0.010, draw(random));
}

Lateness used_to_s3(int answers = 2000) {
    Lateness lateness;
    std::mt19937 random(7);
    for (int i = 0; i < answers; ++i) {
        lateness.answered(first_byte(random));
        lateness.served({0.03, 0.035, 2 << 20});  // 60 MB/s
    }
    return lateness;
}

Lateness::Standing waits(double seconds) {
    Lateness::Standing standing;
    standing.waited_s = seconds;
    standing.since_look_s = 0.1;
    standing.left = 2 << 20;
    return standing;
}

Lateness::Standing comes(double bytes_per_s, double slow_s) {
    Lateness::Standing standing;
    standing.begun = true;
    standing.waited_s = 0.1 + slow_s;
    standing.since_look_s = 0.1;
    standing.bytes = static_cast<std::uint64_t>(bytes_per_s * 0.1);
    standing.slow_s = slow_s;
    standing.left = 1 << 20;
    return standing;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_lateness)

BOOST_AUTO_TEST_CASE(the_spread_tells_its_quantiles) {
    Spread spread;
    BOOST_TEST(spread.quantile(0.5) == 0);
    for (int i = 1; i <= 1000; ++i) spread.add(i * 1e-3);
    for (const double share : {0.1, 0.5, 0.9, 0.99})
        BOOST_TEST(std::abs(spread.quantile(share) / share - 1) < 0.1);
    spread.add(0);
    spread.add(1e9);  // whatever it is, it has its place
    for (int i = 0; i < 20'000; ++i) spread.add(0.5);
    BOOST_TEST(spread.count() < 4096u);
    BOOST_TEST(spread.quantile(0.01) > 0.4);  // what was before fades
}

BOOST_AUTO_TEST_CASE(later_than_nearly_all_is_late) {
    const Lateness lateness = used_to_s3();
    BOOST_TEST(lateness.patience_s() > 0.1);
    BOOST_TEST(lateness.patience_s() < 0.15);
    std::mt19937 random(8);
    int late = 0;
    for (int i = 0; i < 100'000; ++i) late += first_byte(random) > lateness.patience_s();
    BOOST_TEST(late < 1300);
}

BOOST_AUTO_TEST_CASE(a_late_one_gets_a_second_request_and_no_third) {
    Lateness lateness = used_to_s3();
    auto standing = waits(lateness.patience_s() - 0.05);
    auto look = lateness.look(standing, 128, false, 1);
    BOOST_TEST((look.cure == Cure::none));
    BOOST_TEST(std::abs(look.again_s - 0.05) < 1e-9);
    standing = waits(lateness.patience_s() + 0.01);
    BOOST_TEST((lateness.look(standing, 128, false, 2).cure == Cure::hedge));
    standing.doubled = true;
    BOOST_TEST((lateness.look(standing, 128, false, 3).cure == Cure::none));
}

BOOST_AUTO_TEST_CASE(a_fiftieth_of_the_answers_pays_for_them) {
    Lateness lateness = used_to_s3();
    double now_s = 0;
    const auto hedges = [&] {
        int sent = 0;
        for (int i = 0; i < 500; ++i)
            sent += lateness.look(waits(0.5), 128, false, now_s += 1).cure == Cure::hedge;
        return sent;
    };
    BOOST_TEST(hedges() == 32);  // what was saved
    BOOST_TEST(hedges() == 0);
    std::mt19937 random(9);
    for (int i = 0; i < 1000; ++i) lateness.answered(first_byte(random));
    const int paid = hedges();
    BOOST_TEST(paid >= 19);
    BOOST_TEST(paid <= 20);
}

// Where the processor is busy one answer in twenty is late, and one in thousands never comes.
BOOST_AUTO_TEST_CASE(there_is_always_a_second_request_left_for_the_latest) {
    Lateness lateness = used_to_s3();
    std::mt19937 random(11);
    double now_s = 0;
    int sent = 0;
    constexpr int answers = 20'000;
    for (int i = 1; i <= answers; ++i) {
        lateness.answered(first_byte(random));
        const double patience_s = lateness.patience_s();
        const auto hedged = [&](double times) {
            now_s += 1;
            return lateness.look(waits(times * patience_s), 128, false, now_s).cure == Cure::hedge;
        };
        if (i % 20 == 0) sent += hedged(1.5);
        if (i % 1000 == 0) BOOST_TEST(hedged(3));
    }
    BOOST_TEST(sent > 0.01 * answers);  // nor is it saved for nothing
    BOOST_TEST(sent < 0.02 * answers + 32);
}

BOOST_AUTO_TEST_CASE(of_a_store_that_is_late_as_a_whole_few_are_looked_after_at_a_time) {
    for (const double waited_s : {0.5, 5.0}) {
        Lateness lateness = used_to_s3();
        const auto cured = [&](int late, double now_s) {
            int count = 0;
            for (int i = 0; i < late; ++i)
                count += lateness.look(waits(waited_s), 128, false, now_s).cure != Cure::none;
            return count;
        };
        const double turn_s = Lateness::looked_every_s;
        BOOST_TEST(cured(128, 200.5 * turn_s) <= 26);  // before it is seen
        BOOST_TEST(cured(128, 201.5 * turn_s) == 2);
        BOOST_TEST(cured(128, 202.5 * turn_s) == 2);
        BOOST_TEST(cured(1, 210.5 * turn_s) == 1);  // one in 128 is late by itself
    }
}

BOOST_AUTO_TEST_CASE(when_only_late_ones_are_left_all_are_looked_after_in_the_end) {
    Lateness lateness = used_to_s3();
    int left = 12;
    for (int turn = 0; turn < 10 && left > 0; ++turn) {
        const int late = left;
        const double now_s = (100.5 + turn) * Lateness::looked_every_s;
        for (int i = 0; i < late; ++i)
            left -= lateness.look(waits(0.3), late, false, now_s).cure == Cure::hedge;
    }
    BOOST_TEST(left == 0);
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_twice_to_a_store_that_fails_or_asks_for_less) {
    Lateness lateness = used_to_s3();
    BOOST_TEST((lateness.look(waits(0.5), 128, true, 1).cure == Cure::none));
    for (int i = 0; i < 20; ++i) lateness.failed();
    BOOST_TEST((lateness.look(waits(0.5), 128, false, 2).cure == Cure::none));
    std::mt19937 random(10);
    for (int i = 0; i < 300; ++i) lateness.answered(first_byte(random));
    BOOST_TEST((lateness.look(waits(0.5), 128, false, 3).cure == Cure::hedge));
}

BOOST_AUTO_TEST_CASE(who_is_silent_for_seconds_is_left) {
    Lateness lateness = used_to_s3();
    auto standing = waits(2.5);
    standing.doubled = true;
    BOOST_TEST((lateness.look(standing, 128, false, 1).cure == Cure::replace));
}

BOOST_AUTO_TEST_CASE(of_the_first_answers_of_all_nothing_is_expected) {
    Lateness lateness;
    for (double waited_s = 0.1; waited_s < 30; waited_s += 0.1)
        BOOST_TEST((lateness.look(waits(waited_s), 128, false, waited_s).cure == Cure::none));
}

BOOST_AUTO_TEST_CASE(a_body_at_the_pace_of_others_is_left_alone) {
    Lateness lateness = used_to_s3();
    for (const double rate : {20e6, 60e6, 100e6})
        for (double slow_s = 0; slow_s < 10; slow_s += 1) {
            const auto look = lateness.look(comes(rate, slow_s), 128, false, slow_s);
            BOOST_TEST((look.cure == Cure::none));
            BOOST_TEST(!look.slow);
        }
}

BOOST_AUTO_TEST_CASE(a_body_that_stands_still_is_asked_for_beside_and_then_left) {
    Lateness lateness = used_to_s3();
    auto look = lateness.look(comes(2, 0), 128, false, 1);
    BOOST_TEST(look.slow);
    BOOST_TEST((look.cure == Cure::none));  // a hiccup
    look = lateness.look(comes(2, 0.06), 128, false, 1.1);
    BOOST_TEST((look.cure == Cure::hedge));
    auto doubled = comes(2, 1);
    doubled.doubled = true;
    BOOST_TEST((lateness.look(doubled, 128, false, 2).cure == Cure::replace));
    // A hundredth of the others' speed.
    BOOST_TEST((lateness.look(comes(0.6e6, 0.2), 128, false, 5).cure == Cure::hedge));
}

BOOST_AUTO_TEST_CASE(where_nobody_else_is_known_only_standing_still_is_slow) {
    Lateness lateness;
    BOOST_TEST(!lateness.look(comes(20e3, 100), 1, false, 1).slow);
    BOOST_TEST(lateness.look(comes(2, 0), 1, false, 2).slow);
    BOOST_TEST((lateness.look(comes(2, 4.5), 1, false, 3).cure == Cure::replace));
}

BOOST_AUTO_TEST_SUITE_END()
