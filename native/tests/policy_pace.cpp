// How a store that refuses some requests is asked, against one that admits so many a second.
#include "core/policy/pace.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <queue>
#include <random>

#include "core/policy/retry_budget.hpp"

using namespace s3pipes;

namespace {

// A prefix: so many requests a second, and as many at once after a second of rest.
struct Prefix {
    double per_s;
    double tokens = per_s;
    double at_s = 0;

    bool admits(double now_s) {
        tokens = std::min(per_s, tokens + (now_s - at_s) * per_s);
        at_s = now_s;
        if (tokens < 1) return false;
        tokens -= 1;
        return true;
    }
};

struct Second {
    int accepted = 0;
    int refused = 0;
};

// Whoever wants more than there is: `at_once` requests on their way, each answered after 30 ms.
struct Demand {
    Pace pace;
    int at_once = 128;
    double answered_after_s = 0.03;
    std::priority_queue<double, std::vector<double>, std::greater<>> sent{};  // by when it is there

    Demand() = default;
    explicit Demand(int at_once_) : at_once(at_once_) {}
};

// What several of them get in each second.
std::vector<std::vector<Second>> ask(Prefix prefix, std::vector<Demand>& all, int seconds,
                                     double limit_from_s = 0, double limit = 0) {
    std::vector<std::vector<Second>> told(all.size(),
                                          std::vector<Second>(static_cast<std::size_t>(seconds)));
    for (Demand& one : all)
        for (int i = 0; i < one.at_once; ++i) one.sent.push(one.answered_after_s);
    for (;;) {
        const auto next = std::min_element(
            all.begin(), all.end(), [](auto& a, auto& b) { return a.sent.top() < b.sent.top(); });
        const double now_s = next->sent.top();
        if (now_s >= seconds) return told;
        next->sent.pop();
        if (limit > 0 && now_s > limit_from_s) prefix.per_s = limit;
        Second& second =
            told[static_cast<std::size_t>(next - all.begin())][static_cast<std::size_t>(now_s)];
        if (prefix.admits(now_s)) {
            ++second.accepted;
            next->pace.accepted(now_s);
        } else {
            ++second.refused;
            next->pace.refused(now_s);
        }
        next->sent.push(next->pace.slot_s(now_s) + next->answered_after_s);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_pace)

BOOST_AUTO_TEST_CASE(half_the_demand_is_reached_within_seconds_and_kept_without_many_refusals) {
    for (const double limit : {40.0, 300.0, 2000.0, 5500.0}) {
        std::vector<Demand> one(1, Demand(static_cast<int>(limit * 2 * 0.03) + 1));
        const auto told = ask({limit}, one, 40).front();
        int accepted = 0, refused = 0;
        for (std::size_t i = 6; i < told.size(); ++i) {
            BOOST_TEST(told[i].accepted >= 0.85 * limit, "at " << i << " of " << limit);
            accepted += told[i].accepted;
            refused += told[i].refused;
        }
        BOOST_TEST_MESSAGE(limit << "/s: " << accepted / (34 * limit) << " of it, "
                                 << 1.0 * refused / (accepted + refused) << " refused");
        BOOST_TEST(accepted >= 0.92 * limit * 34);
        BOOST_TEST(refused < 0.05 * (accepted + refused));
    }
}

BOOST_AUTO_TEST_CASE(several_processes_share_it) {
    std::vector<Demand> four(4, Demand(64));
    four[3].at_once = 16;
    const auto told = ask({2000}, four, 60);
    std::vector<double> got;
    double refused = 0, all = 0;
    for (const auto& one : told) {
        double sum = 0;
        for (std::size_t i = 20; i < 60; ++i) {
            sum += one[i].accepted;
            refused += one[i].refused;
        }
        got.push_back(sum);
        all += sum;
    }
    BOOST_TEST(all >= 0.9 * 2000 * 40);
    BOOST_TEST(refused < 0.06 * (all + refused));
    const auto [least, most] = std::minmax_element(got.begin(), got.begin() + 3);
    BOOST_TEST(*least >= 0.4 * *most);
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_lifted_is_found) {
    std::vector<Demand> one(1, Demand(128));
    const auto told = ask({500}, one, 60, 20, 3500).front();
    BOOST_TEST(told[19].accepted <= 600);
    BOOST_TEST(told[59].accepted >= 2500);
}

// Readers in order wait for what was refused, and little goes out meanwhile.
BOOST_AUTO_TEST_CASE(what_was_accepted_of_little_is_not_the_limit) {
    Pace pace;
    double now_s = 0;
    const auto term = [&](int accepted, int refused) {
        for (int i = 0; i < accepted + refused; ++i) {
            now_s += 0.25 / (accepted + refused);
            i < refused ? pace.refused(now_s) : pace.accepted(now_s);
        }
    };
    term(1000, 0);
    term(500, 500);
    term(700, 20);
    const double before = pace.per_s();
    BOOST_TEST(before > 1500);
    term(100, 10);
    term(1, 0);
    BOOST_TEST(pace.per_s() > 0.9 * before);
    term(20, 100);  // that it is
    term(1, 0);
    BOOST_TEST(pace.per_s() < 0.5 * before);
}

// S3 refuses one now and then, of any number.
BOOST_AUTO_TEST_CASE(a_few_refusals_among_many_answers_are_no_limit) {
    for (const int answers_per_s : {20, 130, 7000}) {
        Pace pace;
        double now_s = 0;
        for (int i = 0; i < 100 * answers_per_s; ++i) {
            now_s += 1.0 / answers_per_s;
            i % 200 == 50 ? pace.refused(now_s) : pace.accepted(now_s);
            BOOST_REQUIRE(!pace.active());
            if (i == 50 * answers_per_s) now_s += 60;  // between two epochs
        }
    }
}

BOOST_AUTO_TEST_CASE(nor_are_a_few_that_come_together_by_chance) {
    std::mt19937 random(3);
    std::bernoulli_distribution is_refused(0.005);
    int begun = 0;
    for (int run = 0; run < 20; ++run) {
        Pace pace;
        for (double now_s = 0; now_s < 60 && !pace.active(); now_s += 1.0 / 1000)
            is_refused(random) ? pace.refused(now_s) : pace.accepted(now_s);
        begun += pace.active();
    }
    BOOST_TEST(begun <= 1);
}

BOOST_AUTO_TEST_CASE(a_refusal_before_anything_was_accepted_says_nothing_of_the_limit) {
    for (const double idle_s : {0.0, 60.0}) {
        Pace pace;
        double now_s = 0;
        if (idle_s > 0) {
            for (int i = 0; i < 3; ++i) i < 1 ? pace.accepted(now_s) : pace.refused(now_s);
            now_s += idle_s;
        }
        for (int i = 0; i < 4; ++i) pace.refused(now_s += 0.001);
        for (int i = 0; i < 100; ++i) pace.accepted(now_s += 0.001);
        BOOST_TEST((!pace.active() || pace.per_s() > 100));
    }
}

BOOST_AUTO_TEST_CASE(one_that_asks_rarely_and_is_refused_mostly_is_paced_too) {
    Pace pace;
    for (double now_s = 0; now_s < 5; now_s += 0.2)
        now_s < 1 ? pace.accepted(now_s) : pace.refused(now_s);
    BOOST_TEST(pace.active());
}

BOOST_AUTO_TEST_CASE(who_never_has_to_wait_is_not_paced_for_ever) {
    Pace pace;
    for (int i = 0; i < 100; ++i) pace.accepted(0.01 * i);
    for (int i = 0; i < 10; ++i) pace.refused(1.0);
    BOOST_TEST(pace.active());
    for (double now_s = 1; now_s < 30; now_s += 0.5) {
        BOOST_TEST(pace.slot_s(now_s) == now_s);
        pace.accepted(now_s + 0.03);
    }
    BOOST_TEST(!pace.active());
    BOOST_TEST(pace.slot_s(31) == 31);
}

BOOST_AUTO_TEST_CASE(retries_are_bounded_where_most_requests_fail) {
    RetryBudget budget;
    int at_once = 0, waits = 0;
    for (int i = 0; i < 2000; ++i)
        (budget.spent(10 + 0.01 * i, 64, false, 0.5) == 0 ? at_once : waits) += 1;
    // 192 in store, and 4 a second since.
    BOOST_TEST(at_once >= 192 + 70);
    BOOST_TEST(at_once <= 192 + 81);
    for (int i = 0; i < 1000; ++i) budget.succeeded();
    BOOST_TEST(budget.spent(30.1, 64, false, 0.5) == 0);
}

BOOST_AUTO_TEST_CASE(what_is_lost_together_is_one_loss) {
    RetryBudget budget;
    for (int loss = 0; loss < 20; ++loss)
        for (int i = 0; i < 250; ++i)
            BOOST_TEST(budget.spent(1 + 10 * loss + 0.0002 * i, 16, true, 0.5) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
