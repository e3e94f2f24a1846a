// The window policy against simulated links, millisecond by millisecond.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <limits>
#include <set>
#include <utility>

#include "core/policy/window_policy.hpp"

using namespace s3pipes;

namespace {

constexpr std::uint64_t mib = 1 << 20;
constexpr std::uint64_t chunk = 8 * mib;
constexpr std::uint64_t limit = 64 * chunk;

struct Link {
    std::int64_t latency_ms = 30;
    double connection_rate = 90e3;                                 // bytes per ms
    double total_rate = std::numeric_limits<double>::infinity();   // bytes per ms, all together
    double reader_rate = std::numeric_limits<double>::infinity();  // how fast it takes bytes
};

// One reader of an endless object over one link; every chunk in the window has its own connection.
class Run {
  public:
    Run(Link link_, std::uint64_t limit_) : link(link_), policy(chunk, 4, limit_) {}

    void for_ms(std::int64_t duration) {
        for (const auto end = now + duration; now < end; ++now) step();
    }
    std::uint64_t chunks() const { return policy.bytes() / chunk; }

    Link link;
    WindowPolicy policy;
    std::int64_t now = 0;
    std::uint64_t delivered = 0;
    std::set<std::uint64_t> sizes;

  private:
    struct Flight {
        std::int64_t first_byte_ms;
        double missing;
    };

    void step() {
        fill();
        std::size_t active = 0;
        for (const auto& f : flights) active += f.first_byte_ms <= now && f.missing > 0;
        const double rate = active == 0 ? 0
                                        : std::min(link.connection_rate,
                                                   link.total_rate / static_cast<double>(active));
        for (auto& f : flights)
            if (f.first_byte_ms <= now) f.missing = std::max(0.0, f.missing - rate);
        appetite = std::min(appetite + link.reader_rate, 8 * one_chunk);
        while (flights.front().missing <= 0 && appetite >= one_chunk) {
            flights.pop_front();
            delivered += chunk;
            appetite -= one_chunk;
            waiting = false;
            fill();
        }
        // A wait is told once, when it begins.
        if (appetite >= one_chunk && !std::exchange(waiting, true)) policy.stalled(delivered, now);
        sizes.insert(policy.bytes());
    }

    void fill() {
        while ((flights.size() + 1) * chunk <= policy.bytes())
            flights.push_back({now + link.latency_ms, one_chunk});
    }

    static constexpr double one_chunk = static_cast<double>(chunk);
    std::deque<Flight> flights;
    double appetite = 0;
    bool waiting = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_window)

BOOST_AUTO_TEST_CASE(it_starts_small_and_stays_between_its_bounds) {
    BOOST_TEST(WindowPolicy(chunk, 4, limit).bytes() == 4 * chunk);
    BOOST_TEST(WindowPolicy(chunk, 4, 3 * chunk).bytes() == 3 * chunk);
    BOOST_TEST(WindowPolicy(chunk, 4, 4 * chunk - 1).bytes() == 3 * chunk);
    BOOST_TEST(WindowPolicy(chunk, 4, 0).bytes() == 2 * chunk);
    BOOST_TEST(WindowPolicy(chunk, 4, 2 * chunk).bytes() == 2 * chunk);
}

BOOST_AUTO_TEST_CASE(the_first_wait_says_nothing) {
    WindowPolicy policy(chunk, 4, limit);
    policy.stalled(0, 1000);  // every reader waits for its first byte
    BOOST_TEST(policy.bytes() == 4 * chunk);
    policy.stalled(chunk, 1100);  // less than a window: a burst, not a rate
    BOOST_TEST(policy.bytes() == 4 * chunk);
    policy.stalled(4 * chunk, 1200);  // the first growth needs no proof
    BOOST_TEST(policy.bytes() == 8 * chunk);
}

BOOST_AUTO_TEST_CASE(what_the_smaller_window_asked_for_does_not_count) {
    WindowPolicy policy(chunk, 4, limit);
    policy.stalled(0, 0);
    policy.stalled(4 * chunk, 100);
    BOOST_TEST(policy.bytes() == 8 * chunk);
    policy.stalled(8 * chunk, 200);
    policy.stalled(12 * chunk, 500);  // slow, but asked for before the growth took hold
    policy.stalled(20 * chunk, 600);  // twice as fast as at the start
    BOOST_TEST(policy.bytes() == 16 * chunk);
}

BOOST_AUTO_TEST_CASE(a_growth_that_gains_nothing_is_taken_back_for_a_while) {
    WindowPolicy policy(chunk, 4, limit);
    std::int64_t now = 0;
    std::uint64_t given = 0;
    const auto deliver_window = [&] {
        policy.stalled(given += 8 * chunk, now += 200);  // the same rate whatever the window
    };
    policy.stalled(0, 0);
    deliver_window();
    BOOST_TEST(policy.bytes() == 8 * chunk);
    deliver_window();
    deliver_window();
    BOOST_TEST(policy.bytes() == 4 * chunk);
    const auto taken_back = now;
    while (policy.bytes() == 4 * chunk && now < 60'000) deliver_window();
    BOOST_TEST(policy.bytes() == 8 * chunk);
    BOOST_TEST(now - taken_back >= 1500);
    BOOST_TEST(now - taken_back < 6000);
}

BOOST_AUTO_TEST_CASE(a_wide_link_is_used_up_to_the_limit) {
    Run run(Link{}, limit);
    run.for_ms(5000);
    BOOST_TEST(run.policy.bytes() == limit);
    const auto before = run.delivered;
    run.for_ms(5000);
    BOOST_TEST(run.policy.bytes() == limit);
    BOOST_TEST(*run.sizes.rbegin() == limit);
    // 64 connections, each 8 MiB per 30 ms of latency and 94 ms of transfer.
    const double per_ms = static_cast<double>(run.delivered - before) / 5000;
    BOOST_TEST(per_ms > 0.8 * static_cast<double>(limit) / 124);
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_no_power_of_two_is_reached_and_kept) {
    Run run(Link{}, 11 * chunk);
    run.for_ms(3000);
    BOOST_TEST(run.chunks() == 11u);
    BOOST_TEST(*run.sizes.rbegin() == 11 * chunk);
}

BOOST_AUTO_TEST_CASE(a_saturated_link_gets_no_more_than_it_can_use) {
    Link link;
    link.total_rate = 4.2 * link.connection_rate;  // about six connections, latency counted
    Run run(link, limit);
    run.for_ms(4000);
    BOOST_TEST(run.chunks() == 8u);
    // Then it only probes: one size up, now and again, and back.
    std::int64_t above = 0;
    for (int i = 0; i < 60'000; ++i) {
        run.for_ms(1);
        above += run.chunks() > 8;
        BOOST_REQUIRE_GE(run.chunks(), 8u);
        BOOST_REQUIRE_LE(run.chunks(), 16u);
    }
    BOOST_TEST(above > 0);
    BOOST_TEST(above < 30'000);
}

BOOST_AUTO_TEST_CASE(one_connection_may_be_all_there_is) {
    Link link;
    link.total_rate = link.connection_rate;
    Run run(link, limit);
    run.for_ms(30'000);
    BOOST_TEST(*run.sizes.rbegin() == 8 * chunk);
    BOOST_TEST(*run.sizes.begin() == 4 * chunk);
}

BOOST_AUTO_TEST_CASE(a_slow_reader_needs_no_window) {
    Link link;
    link.reader_rate = 100e3;
    Run run(link, limit);
    run.for_ms(20'000);
    BOOST_TEST(*run.sizes.rbegin() <= 8 * chunk);
}

BOOST_AUTO_TEST_CASE(a_link_that_gets_wider_is_found_out) {
    Link link;
    link.total_rate = 4.2 * link.connection_rate;
    Run run(link, limit);
    run.for_ms(8000);
    BOOST_TEST(run.chunks() <= 16u);
    run.link.total_rate = std::numeric_limits<double>::infinity();
    run.for_ms(15'000);
    BOOST_TEST(run.policy.bytes() == limit);
}

BOOST_AUTO_TEST_SUITE_END()
