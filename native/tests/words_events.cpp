// What the engine has to say, and the figures that processes share.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "core/words/events.hpp"
#include "core/words/process_tag.hpp"
#include "core/words/stats_page.hpp"

using namespace s3pipes;

BOOST_AUTO_TEST_SUITE(words_events)

BOOST_AUTO_TEST_CASE(words_wait_until_they_are_taken_and_are_taken_once) {
    Events events;
    BOOST_TEST(!events.waiting());
    events.add(Level::warning, "first");
    events.add(Level::debug, "second");
    BOOST_TEST(events.waiting());
    const auto taken = events.take();
    BOOST_REQUIRE(taken.size() == 2u);
    BOOST_TEST(taken[0].text == "first");
    BOOST_TEST((taken[1].level == Level::debug));
    BOOST_TEST(taken[0].at_s <= taken[1].at_s);
    BOOST_TEST(!events.waiting());
    BOOST_TEST(events.take().empty());
}

BOOST_AUTO_TEST_CASE(so_many_are_kept_and_the_others_counted) {
    Events events;
    for (std::size_t i = 0; i < Events::most + 7; ++i) events.add(Level::debug, "x");
    const auto taken = events.take();
    BOOST_TEST(taken.size() == Events::most + 1);
    BOOST_TEST(taken.back().text.starts_with("7 more lines were left out"));
    BOOST_TEST(events.take().empty());
}

BOOST_AUTO_TEST_CASE(only_warnings_are_wanted_before_anybody_asks) {
    Events events;
    BOOST_TEST(events.wants(Level::warning));
    BOOST_TEST(!events.wants(Level::info));
    events.want(20);
    BOOST_TEST(events.wants(Level::info));
    BOOST_TEST(!events.wants(Level::debug));
    events.want(50);  // whoever reads none is not asked for warnings either
    BOOST_TEST(events.wants(Level::warning));
}

BOOST_AUTO_TEST_CASE(a_cause_is_told_once_whoever_comes_first) {
    Events events;
    BOOST_TEST(events.first("here refused"));
    BOOST_TEST(!events.first("here refused"));
    BOOST_TEST(events.first("there refused"));
}

BOOST_AUTO_TEST_CASE(threads_lose_no_word) {
    Events events;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) events.add(Level::info, "x");
        });
    std::size_t taken = 0;
    while (taken < 2000) taken += events.take().size();
    for (auto& thread : threads) thread.join();
    BOOST_TEST(taken == 2000u);
}

BOOST_AUTO_TEST_CASE(a_process_is_known_by_more_than_its_number) {
    const ProcessTag mine = tag_of_this_process();
    BOOST_TEST(lives(mine));
    BOOST_TEST(!lives(mine + 1));  // of that number, but begun at another time
    const pid_t child = ::fork();
    if (child == 0) ::_exit(lineage()[0] == mine ? 0 : 1);
    int status = 0;
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
    BOOST_TEST(!lives(static_cast<ProcessTag>(child) << 32 | 1));
}

// In a process of its own, so that the page is not everybody's.
BOOST_AUTO_TEST_CASE(what_children_did_is_counted_when_they_are_gone) {
    const std::uint64_t before = StatsPage::sum().requests;
    const pid_t parent = ::fork();
    if (parent != 0) {
        int status = 0;
        BOOST_TEST(::waitpid(parent, &status, 0) == parent);
        BOOST_TEST(status == 0);
        BOOST_TEST(StatsPage::sum().requests == before);  // it has no page with them
        return;
    }
    bool good = true;
    const auto must = [&](bool holds) { good = good && holds; };
    const int file = ::memfd_create("test-stats", MFD_CLOEXEC);
    must(!StatsPage::share(file));  // too small
    must(::ftruncate(file, static_cast<off_t>(StatsPage::bytes())) == 0);
    must(StatsPage::share(file));
    must(StatsPage::first_to_tell("a cause"));
    for (int i = 0; i < 5; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            Stats& stats = StatsPage::claim();
            stats.requests += 10;
            ++stats.streams;  // as one that is killed leaves it
            const bool own = StatsPage::sum().requests == 10 && StatsPage::sum().streams == 1;
            ::_exit(own && !StatsPage::first_to_tell("a cause") ? 0 : 1);
        }
        int status = 0;
        must(::waitpid(child, &status, 0) == child && status == 0);
        must(StatsPage::sum().requests == static_cast<std::uint64_t>(10 * (i + 1)));
        must(StatsPage::sum().streams == 0);
    }
    StatsPage::claim().requests += 1;
    must(StatsPage::sum().requests == 51 && StatsPage::sum().processes == 1);
    ::_exit(good ? 0 : 1);
}

BOOST_AUTO_TEST_SUITE_END()
