// Which pages are asked for, and that no key is missing, doubled or out of its order whatever
// happens.
#include <boost/test/unit_test.hpp>
#include <random>

#include "tests/list_simulation.hpp"
#include "tests/sanitized.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

std::vector<std::string> all_of(const Keys& keys, const std::string& prefix = "") {
    std::vector<std::string> all;
    std::ranges::copy_if(keys, std::back_inserter(all),
                         [&](const std::string& key) { return key.starts_with(prefix); });
    return all;
}

ListSimulation over(const Keys& keys) {
    ListSimulation simulation;
    simulation.store = [&](const ListRequest& request) { return page_of(keys, request); };
    return simulation;
}

std::size_t pages(const Keys& keys) {
    return (keys.size() + 999) / 1000;
}

// Keys in one of the shapes that a seed chooses, few of them.
Keys some_keys(std::mt19937_64& random) {
    const int count = 20 + static_cast<int>(random() % 400);
    switch (random() % 8) {
        case 0: return counters(count, 6);
        case 1: return unpadded(count);
        case 2: return hashes(count, "data/");
        case 3: return uuids(count);
        case 4: return imagenet(1 + count / 40, 40);
        case 5: return dates(1 + count / 10, 10);
        case 6: return words(count);
        default: break;
    }
    // Of any bytes: no UTF-8, control characters, nothing at all to learn from.
    Keys keys;
    while (keys.size() < static_cast<std::size_t>(count)) {
        std::string key;
        for (std::size_t i = 0, size = 1 + random() % 5; i < size; ++i)
            key += static_cast<char>(random() % 3 == 0 ? random() % 256 : 'a' + random() % 3);
        keys.insert(key);
    }
    return keys;
}

std::function<double()> random_latency(std::mt19937_64& random) {
    return [&random] { return static_cast<double>(1 + random() % 1000); };
}

Failure failure(const char* message) {
    return Failure(Error(ErrorKind::server, message), "s3://bucket/", {}, 1, 0);
}

}  // namespace

// Of one thread: ThreadSanitizer has nothing to see here, and takes minutes over it.
BOOST_AUTO_TEST_SUITE(list_plan,
                      *boost::unit_test::enable_if<!s3pipes::test::under_thread_sanitizer>())

BOOST_AUTO_TEST_CASE(a_hundred_thousand_keys_take_an_eighth_of_the_time) {
    const std::pair<const char*, Keys> shapes[] = {{"counters", counters(100'000, 6)},
                                                   {"long counters", counters(100'000, 8)},
                                                   {"hashes", hashes(100'000)},
                                                   {"hashes in a folder", hashes(100'000, "d/")},
                                                   {"uuids", uuids(100'000)}};
    for (const auto& [name, keys] : shapes) {
        BOOST_TEST_CONTEXT(name) {
            ListSimulation simulation = over(keys);
            simulation.run("");
            BOOST_TEST((simulation.keys == all_of(keys)));
            BOOST_TEST(simulation.ended_s <= 1.6);
            BOOST_TEST(simulation.requests <= 120u);
            BOOST_TEST(simulation.first_s == 0.12);
        }
    }
}

BOOST_AUTO_TEST_CASE(
    shapes_that_are_hard_to_foresee_are_faster_too_and_cost_a_fourth_more_at_most) {
    const std::pair<const char*, Keys> shapes[] = {{"unpadded", unpadded(100'000)},
                                                   {"words", words(100'000)},
                                                   {"classes", imagenet(77, 1300)},
                                                   {"dates", dates(400, 250)}};
    for (const auto& [name, keys] : shapes) {
        BOOST_TEST_CONTEXT(name) {
            ListSimulation simulation = over(keys);
            simulation.run("");
            BOOST_TEST((simulation.keys == all_of(keys)));
            BOOST_TEST(simulation.ended_s < 12.0 / 1.5);
            BOOST_TEST(simulation.requests <= 125u);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_million_keys_cost_an_eighth_more_at_most_and_bounded_memory) {
    for (const Keys& keys : {hashes(1'000'000)}) {
        ListSimulation simulation = over(keys);
        simulation.run("");
        BOOST_TEST((simulation.keys == all_of(keys)));
        BOOST_TEST(simulation.requests <= pages(keys) * 9 / 8);
        BOOST_TEST(simulation.ended_s < 40);
        BOOST_TEST(simulation.most_held <= 256u);
    }
}

BOOST_AUTO_TEST_CASE(two_pages_cost_two_requests) {
    for (const Keys& keys : {Keys{}, hashes(1), hashes(999), hashes(1000), hashes(1001),
                             counters(2000, 6), words(2000), dates(8, 250)}) {
        ListSimulation simulation = over(keys);
        simulation.run("");
        BOOST_TEST((simulation.keys == all_of(keys)));
        BOOST_TEST(simulation.requests == std::max<std::size_t>(1, pages(keys)));
    }
}

BOOST_AUTO_TEST_CASE(a_reader_that_is_slower_than_the_store_costs_no_request_more) {
    const Keys keys = hashes(20'000);
    ListSimulation simulation = over(keys);
    simulation.use_s = 0.2;
    std::size_t ahead = 0;
    simulation.looked_at = [&](ListPlan& plan) { ahead = std::max(ahead, plan.held()); };
    simulation.run("");
    BOOST_TEST((simulation.keys == all_of(keys)));
    BOOST_TEST(simulation.requests == pages(keys));
    BOOST_TEST(ahead == 1u);
}

BOOST_AUTO_TEST_CASE(a_near_store_is_listed_page_after_page) {
    const Keys keys = hashes(20'000);
    ListSimulation simulation = over(keys);
    simulation.latency_s = [] { return 0.002; };
    simulation.run("");
    BOOST_TEST((simulation.keys == all_of(keys)));
    BOOST_TEST(simulation.requests == pages(keys));
}

BOOST_AUTO_TEST_CASE(who_looks_at_the_first_page_pays_for_no_other) {
    const Keys keys = hashes(20'000);
    ListPlan plan("", 0, {}, "s3://bucket/");
    auto asks = plan.asks();
    BOOST_TEST(asks.size() == 1u);
    plan.waits();
    BOOST_TEST(plan.asks().empty());
    plan.answered(asks[0].piece, page_of(keys, asks[0].request), 0.12);
    BOOST_TEST(plan.asks().empty());
    BOOST_TEST(plan.take()->size() == 1000u);
    BOOST_TEST(plan.asks().size() == 1u);
}

BOOST_AUTO_TEST_CASE(whatever_comes_and_goes_what_stays_is_listed_once_and_in_order) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        std::mt19937_64 random(seed);
        const Keys stays = some_keys(random);
        Keys passing;
        for (int i = 0; i < 60; ++i) {
            std::string key = *std::next(stays.begin(), static_cast<long>(random() % stays.size()));
            key.insert(random() % (key.size() + 1), 1, static_cast<char>('0' + random() % 70));
            if (!stays.contains(key)) passing.insert(key);
        }
        Keys now = stays;
        ListSimulation simulation = over(now);
        simulation.latency_s = random_latency(random);
        simulation.between_answers = [&] {
            for (int i = 0; i < 3 && !passing.empty(); ++i) {
                const auto& key =
                    *std::next(passing.begin(), static_cast<long>(random() % passing.size()));
                if (!now.erase(key)) now.insert(key);
            }
        };
        simulation.run("", 1 + static_cast<int>(random() % 12));
        const auto& got = simulation.keys;
        bool good = std::ranges::adjacent_find(got, std::greater_equal<>{}) == got.end();
        good &= std::ranges::includes(got, stays);
        for (const std::string& key : got) good &= stays.contains(key) || passing.contains(key);
        BOOST_TEST(good, "seed " << seed);
    }
}

BOOST_AUTO_TEST_CASE(it_goes_on_from_every_place) {
    for (std::uint64_t seed = 0; seed < 15; ++seed) {
        std::mt19937_64 random(seed);
        const Keys keys = some_keys(random);
        const int page_size = 1 + static_cast<int>(random() % 12);
        std::vector<std::pair<std::size_t, std::optional<ListPlace>>> places;
        ListSimulation simulation = over(keys);
        simulation.latency_s = random_latency(random);
        simulation.looked_at = [&](ListPlan& plan) {
            places.emplace_back(simulation.keys.size(), plan.place());
        };
        simulation.run("", page_size);
        for (const auto& [taken, place] : places) {
            if (!place) {
                BOOST_TEST(taken == keys.size(), "seed " << seed);
                continue;
            }
            ListSimulation child = over(keys);
            child.run("", page_size, *place);
            auto both = simulation.keys;
            both.resize(taken);
            both.insert(both.end(), child.keys.begin(), child.keys.end());
            BOOST_TEST((both == all_of(keys)), "seed " << seed << ", taken " << taken);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_store_that_cannot_begin_at_a_key_is_listed_page_by_page) {
    const Keys keys = hashes(500);
    for (int kind = 0; kind < 4; ++kind) {
        ListSimulation simulation;
        std::size_t strays = 0;
        simulation.store = [&](ListRequest request) {
            if (request.after.empty()) return page_of(keys, request);
            ++strays;
            if (kind == 0) request.after.clear();              // it does not know the field
            if (kind == 1) throw failure("no such argument");  // or refuses it
            if (kind == 2) request.after = *keys.begin();      // or begins somewhere else
            ListPage page = page_of(keys, request);
            if (kind == 3) std::ranges::reverse(page.objects);  // or has another order there
            return page;
        };
        simulation.run("", 10);
        BOOST_TEST((simulation.keys == all_of(keys)));
        BOOST_TEST(strays > 0u);
        BOOST_TEST(simulation.requests <= 50u + strays);
        BOOST_TEST(strays < 30u);
    }
}

BOOST_AUTO_TEST_CASE(a_store_of_another_order_is_listed_in_its_own) {
    std::vector<std::string> keys = all_of(hashes(500));
    std::ranges::shuffle(keys, std::mt19937_64(3));
    ListSimulation simulation;
    simulation.store = [&](const ListRequest& request) {
        const std::size_t from = request.token.empty() ? 0 : std::stoul(request.token);
        ListPage page;
        for (std::size_t i = from; i < std::min(from + 10, keys.size()); ++i)
            page.objects.push_back({keys[i], {}});
        if (from + 10 < keys.size()) page.next_token = std::to_string(from + 10);
        return page;
    };
    simulation.run("", 10);
    BOOST_TEST((simulation.keys == keys));
    BOOST_TEST(simulation.requests == 50u);
}

BOOST_AUTO_TEST_CASE(an_error_comes_behind_the_pages_before_it) {
    const Keys keys = hashes(5000);
    for (const std::size_t bad : {0u, 1500u, 3000u, 4990u}) {
        const std::string key = *std::next(keys.begin(), static_cast<long>(bad));
        ListSimulation simulation;
        simulation.store = [&](const ListRequest& request) {
            ListPage page = page_of(keys, request);
            for (const ListedObject& object : page.objects)
                if (object.key == key) throw failure("broken");
            return page;
        };
        BOOST_CHECK_THROW(simulation.run("", 10), Failure);
        const std::size_t got = simulation.keys.size();
        BOOST_TEST(got <= bad);
        BOOST_TEST(bad - got < 10u);
        auto before = all_of(keys);
        before.resize(got);
        BOOST_TEST((simulation.keys == before));
    }
}

BOOST_AUTO_TEST_CASE(a_store_that_throttles_is_asked_for_less_at_once) {
    const Keys keys = hashes(20'000);
    ListSimulation simulation = over(keys);
    simulation.looked_at = [](ListPlan& plan) { plan.throttled(); };
    simulation.run("");
    BOOST_TEST((simulation.keys == all_of(keys)));
    BOOST_TEST(simulation.ended_s > 1.5);  // 0.84 s otherwise
}

BOOST_AUTO_TEST_SUITE_END()
