// Processes and threads that share a cache on disk, and die.
#include <signal.h>

#include <atomic>
#include <memory>
#include <thread>

#include "tests/cache_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(cache_processes, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(eight_writers_pass_no_limit) {
    const Place place;
    const std::uint64_t limit = 20 * MiB;
    std::vector<Thing> things;
    for (int i = 0; i < 400; ++i) things.push_back(thing(i, 100 * KiB));
    std::vector<pid_t> children;
    for (unsigned seed = 0; seed < 8; ++seed)
        children.push_back(in_child([&] {
            DiskCache cache(place.rules(limit, 2 * MiB));
            std::mt19937 random(seed);
            for (std::size_t i = 0; i < things.size(); ++i) {
                keep(cache, things[(i + 50 * seed) % things.size()]);
                if (place.bytes() > limit) ::_exit(2);
                // Others' may be there or not, but are never wrong.
                const std::string wrong = wrong_with(cache, things[random() % things.size()]);
                if (!wrong.empty() && wrong.find("nothing at") == wrong.npos) ::_exit(4);
            }
        }));
    for (const pid_t child : children) ends_well(child);
    DiskCache cache(place.rules(limit, 2 * MiB));
    std::uint64_t kept = 0;
    for (const Thing& one : things) kept += keep(cache, one) == DiskCache::Kept::yes;
    BOOST_TEST(kept > 150u);
    BOOST_TEST(place.bytes() <= limit);
    // Two that came at the same moment may have kept the same one.
    BOOST_TEST(cache.figures().records < kept + 10);
}

BOOST_AUTO_TEST_CASE(eight_writers_of_different_things_lose_none_while_the_table_grows) {
    const Place place;
    std::vector<Thing> things;
    for (int i = 0; i < 12'000; ++i) things.push_back(thing(i, 30));
    const auto rules = place.rules(128 * MiB, 2 * MiB);
    std::vector<pid_t> children;
    for (unsigned seed = 0; seed < 8; ++seed)
        children.push_back(in_child([&] {
            DiskCache cache(rules);
            for (std::size_t i = seed; i < things.size(); i += 8)
                for (int tries = 0; keep(cache, things[i]) != DiskCache::Kept::yes; ++tries)
                    if (tries == 100) ::_exit(1);
        }));
    for (const pid_t child : children) ends_well(child);
    DiskCache cache(rules);
    for (const Thing& one : things) BOOST_REQUIRE_EQUAL(wrong_with(cache, one), "");
    BOOST_TEST(cache.figures().records == things.size());
}

// Two processes write; one of them is killed again and again.
BOOST_AUTO_TEST_CASE(who_is_killed_leaves_nothing_wrong_and_takes_no_room) {
    const Place place;
    const std::uint64_t limit = 24 * MiB;
    std::vector<Thing> things;
    for (int i = 0; i < 180; ++i) things.push_back(thing(i, 100 * KiB));
    std::mt19937 random(1);
    for (int round = 0; round < 60; ++round) {
        const pid_t child = in_child([&] {
            DiskCache cache(place.rules(limit, 4 * MiB));
            for (unsigned i = static_cast<unsigned>(round);; ++i)
                keep(cache, things[i * 7 % things.size()]);
        });
        DiskCache cache(place.rules(limit, 4 * MiB));
        const unsigned looks = random() % 40;
        for (unsigned i = 0; i < looks; ++i) {
            is_there(cache, things[random() % things.size()]);
            if (round % 3 == 0) keep(cache, things[random() % things.size()]);
        }
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        BOOST_REQUIRE_LE(place.bytes(), limit);
    }
    // All of it fits, and so all of it is there at last: no room was lost.
    DiskCache cache(place.rules(limit, 4 * MiB));
    for (const Thing& one : things) {
        BOOST_TEST((keep(cache, one) == DiskCache::Kept::yes));
        BOOST_TEST(wrong_with(cache, one) == "");
    }
    const auto figures = cache.figures();
    BOOST_TEST(figures.filled < things.size() * 103 * KiB);
}

// What a parent has open is no child's: neither its locks nor what it writes.
BOOST_AUTO_TEST_CASE(a_child_does_not_write_where_its_parent_does) {
    const Place place;
    const auto rules = place.rules(64 * MiB, 4 * MiB);
    const Thing first = thing(1, 1000), second = thing(2, 2000), third = thing(3, 3000);
    auto cache = std::make_unique<DiskCache>(rules);
    BOOST_TEST((keep(*cache, first) == DiskCache::Kept::yes));
    ends_well(in_child([&] {
        if (keep(*cache, second) != DiskCache::Kept::failed) ::_exit(1);
        if (cache->find(first.name(), 0)) ::_exit(2);
        cache.reset();
        DiskCache own(rules);  // its own: into another segment
        if (keep(own, second) != DiskCache::Kept::yes) ::_exit(3);
        if (!wrong_with(own, first).empty()) ::_exit(4);
    }));
    BOOST_TEST(place.files("segment-").size() == 2u);
    BOOST_TEST((keep(*cache, third) == DiskCache::Kept::yes));
    for (const Thing& one : {first, second, third}) BOOST_TEST(wrong_with(*cache, one) == "");
    // A parent that is killed leaves no lock with its child.
    const pid_t parent = in_child([&] {
        DiskCache own(rules);
        keep(own, thing(4, 1000));
        if (::fork() == 0) {
            ::signal(SIGALRM, SIG_DFL);
            ::alarm(20);
            for (;;) ::pause();
        }
        ::kill(::getpid(), SIGKILL);
    });
    ::waitpid(parent, nullptr, 0);
    cache->rest();
    DiskCache later(rules);
    for (int i = 10; i < 130; ++i)
        BOOST_TEST((keep(later, thing(i, 60 * KiB)) == DiskCache::Kept::yes));
    BOOST_TEST(place.files("segment-").size() == 2u);  // both were filled first
}

BOOST_AUTO_TEST_CASE(threads_read_while_two_write) {
    const Place place;
    DiskCache cache(place.rules(64 * MiB, 4 * MiB));
    std::vector<Thing> things;
    for (int i = 0; i < 200; ++i) things.push_back(thing(i, 100 * KiB));
    std::atomic<bool> over{false};
    std::vector<std::thread> readers;
    std::atomic<int> wrong{0};
    for (unsigned seed = 0; seed < 3; ++seed)
        readers.emplace_back([&, seed] {
            std::mt19937 random(seed);
            while (!over) {
                const std::string what = wrong_with(cache, things[random() % things.size()]);
                if (!what.empty() && what.find("nothing at") == what.npos) ++wrong;
            }
        });
    std::thread beside([&] {
        for (std::size_t i = 0; i < 100; ++i) keep(cache, things[i]);
    });
    for (std::size_t i = 200; i-- > 60;) keep(cache, things[i]);
    beside.join();
    over = true;
    for (auto& reader : readers) reader.join();
    BOOST_TEST(wrong == 0);
    for (const Thing& one : things) BOOST_TEST(wrong_with(cache, one) == "");
}

BOOST_AUTO_TEST_SUITE_END()
