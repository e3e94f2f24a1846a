// Rates on a clock of our own: requests of a prefix, bytes of a connection, a link shared.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <vector>

#include "sim/physics/allowance.hpp"
#include "sim/physics/pace.hpp"

using namespace s3pipes::sim;

namespace {

int admitted(Allowance& allowance, double begin_s, double end_s, double rate_per_s,
             double asked_per_s) {
    int count = 0;
    const int asked = static_cast<int>((end_s - begin_s) * asked_per_s);
    for (int i = 0; i < asked; ++i) {
        count += allowance.take(begin_s + i / asked_per_s, rate_per_s) ? 1 : 0;
    }
    return count;
}

struct Flow {
    double bytes_per_s;  // of its own, without the link
    Pace pace;
    double next_s = 0;
    double sent = 0;
};

// What each flow carries in so many seconds over one link; every flow waits for its turn, as a
// Delivery does.
void run(std::vector<Flow>& flows, double link_bytes_per_s, double seconds) {
    Pace link;
    while (true) {
        auto& flow = *std::ranges::min_element(flows, {}, &Flow::next_s);
        if (flow.next_s >= seconds) return;
        const double now_s = flow.next_s;
        const std::size_t size = quantum_bytes(
            std::min(flow.bytes_per_s, link_bytes_per_s / static_cast<double>(flows.size())));
        flow.sent += static_cast<double>(size);
        const double own_s = flow.pace.claim(now_s, size, flow.bytes_per_s);
        flow.next_s = std::max({own_s, link.claim(now_s, size, link_bytes_per_s), now_s + 1e-9});
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_physics_rates)

BOOST_AUTO_TEST_CASE(a_second_is_saved_up_and_no_more) {
    Allowance allowance;
    const int first = admitted(allowance, 0, 1, 100, 1000);
    BOOST_TEST(first >= 198);  // the burst, and what flowed in
    BOOST_TEST(first <= 201);
    const int steady = admitted(allowance, 1, 11, 100, 1000);
    BOOST_TEST(steady >= 990);
    BOOST_TEST(steady <= 1010);
    const int after_an_hour = admitted(allowance, 3600, 3600.1, 100, 10'000);
    BOOST_TEST(after_an_hour >= 108);
    BOOST_TEST(after_an_hour <= 111);
}

BOOST_AUTO_TEST_CASE(who_asks_less_is_never_refused) {
    Allowance allowance;
    BOOST_TEST(admitted(allowance, 0, 10, 100, 99) == 990);
}

BOOST_AUTO_TEST_CASE(a_new_rate_holds_at_once) {
    Allowance allowance;
    admitted(allowance, 0, 2, 100, 1000);
    const int more = admitted(allowance, 2, 3, 500, 10'000);
    BOOST_TEST(more >= 495);
    BOOST_TEST(more <= 505);
}

BOOST_AUTO_TEST_CASE(a_pace_keeps_its_rate_although_its_clock_is_late) {
    Pace pace;
    double now_s = 0;
    double sent = 0;
    while (now_s < 10) {
        const double at_s = pace.claim(now_s, 64 << 10, 60e6);
        now_s = std::max(now_s, at_s) + 0.0005;  // each tick late
        sent += 64 << 10;
    }
    BOOST_TEST(sent / 10 == 60e6, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(a_reader_that_stalled_finds_no_burst) {
    Pace pace;
    pace.claim(0, 64 << 10, 60e6);
    double now_s = 5;  // it did not read for so long
    double sent = 0;
    while (true) {
        const double at_s = pace.claim(now_s, 16 << 10, 60e6);
        if (at_s > 5.010) break;
        now_s = std::max(now_s, at_s);
        sent += 16 << 10;
    }
    BOOST_TEST(sent <= 60e6 * (0.010 + Pace::saved_s) + (32 << 10));
    BOOST_TEST(sent >= 60e6 * 0.010);
}

BOOST_AUTO_TEST_CASE(a_quantum_is_small_where_the_flow_is_slow) {
    BOOST_TEST(quantum_bytes(1e9) == 64u << 10);
    BOOST_TEST(quantum_bytes(1e6) == 8000u);
    BOOST_TEST(quantum_bytes(1e5) == 4u << 10);
    BOOST_TEST(quantum_bytes(1e4) == 1000u);
    BOOST_TEST(quantum_bytes(2) == 1u);
}

BOOST_AUTO_TEST_CASE(a_link_is_full_and_shared_alike) {
    std::vector<Flow> flows(20, Flow{60e6, {}});
    run(flows, 125e6, 4);
    double all = 0;
    for (const Flow& flow : flows) {
        all += flow.sent;
        BOOST_TEST(flow.sent / 4 == 125e6 / 20, boost::test_tools::tolerance(0.05));
    }
    BOOST_TEST(all / 4 == 125e6, boost::test_tools::tolerance(0.02));
}

BOOST_AUTO_TEST_CASE(what_a_slow_flow_leaves_goes_to_the_others) {
    std::vector<Flow> flows(4, Flow{100e6, {}});
    flows[0].bytes_per_s = flows[1].bytes_per_s = 5e6;
    run(flows, 100e6, 4);
    BOOST_TEST(flows[0].sent / 4 == 5e6, boost::test_tools::tolerance(0.05));
    BOOST_TEST(flows[2].sent / 4 == 45e6, boost::test_tools::tolerance(0.05));
    BOOST_TEST(flows[3].sent / 4 == 45e6, boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_SUITE_END()
