#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <thread>
#include <vector>

#include "core/words/histogram.hpp"
#include "core/words/retry_cause.hpp"
#include "core/words/stats_page.hpp"

using namespace s3pipes;
using Plain = Histogram<std::uint64_t>;

BOOST_AUTO_TEST_SUITE(words_histogram)

BOOST_AUTO_TEST_CASE(each_time_falls_between_the_bounds_of_its_class) {
    for (double seconds = 20e-6; seconds < 1000; seconds *= 1.01) {
        const std::size_t index = Plain::class_of(seconds);
        BOOST_REQUIRE(index < Plain::classes);
        BOOST_REQUIRE(Plain::lower_s(index) <= seconds * (1 + 1e-12));
        if (index + 1 < Plain::classes)
            BOOST_REQUIRE(seconds * (1 - 1e-12) < Plain::upper_s(index));
    }
    for (std::size_t i = 1; i < Plain::classes; ++i)
        BOOST_REQUIRE(Plain::lower_s(i) == Plain::upper_s(i - 1));
    BOOST_TEST(Plain::lower_s(Plain::classes - 1) > 200);
}

BOOST_AUTO_TEST_CASE(nonsense_falls_into_the_classes_at_the_ends) {
    BOOST_TEST(Plain::class_of(0) == 0u);
    BOOST_TEST(Plain::class_of(-1) == 0u);
    BOOST_TEST(Plain::class_of(std::numeric_limits<double>::quiet_NaN()) == 0u);
    BOOST_TEST(Plain::class_of(std::numeric_limits<double>::infinity()) == Plain::classes - 1);
}

BOOST_AUTO_TEST_CASE(quantiles_are_right_to_a_tenth) {
    std::mt19937_64 random(7);
    for (const double spread : {0.1, 1.0, 2.0}) {
        std::lognormal_distribution<double> draw(std::log(0.02), spread);
        Plain histogram;
        std::vector<double> all(20'000);
        for (double& seconds : all) histogram.add(seconds = draw(random));
        std::sort(all.begin(), all.end());
        for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
            const double exact = all[static_cast<std::size_t>(share * 20'000)];
            if (exact < Plain::least_s) continue;
            BOOST_TEST(quantile_s(histogram.counts, share) == exact,
                       boost::test_tools::tolerance(0.1));
        }
    }
}

BOOST_AUTO_TEST_CASE(quantiles_at_the_ends) {
    Plain histogram;
    BOOST_TEST(quantile_s(histogram.counts, 0.5) == 0);
    histogram.add(1e-6);
    BOOST_TEST(quantile_s(histogram.counts, 1) <= Plain::least_s);
    Plain slow;
    slow.add(5000);
    BOOST_TEST(quantile_s(slow.counts, 0.5) == Plain::lower_s(Plain::classes - 1));
    slow.add(0.01);
    BOOST_TEST(quantile_s(slow.counts, 0.25) < 0.013);
    BOOST_TEST(quantile_s(slow.counts, 7) > 200);  // shares end at 1
}

BOOST_AUTO_TEST_CASE(threads_lose_no_time) {
    Histogram<std::atomic<std::uint64_t>> histogram;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 10'000; ++i) histogram.add(i * 1e-4);
        });
    for (auto& thread : threads) thread.join();
    std::uint64_t all = 0;
    for (const auto& count : histogram.counts) all += count;
    BOOST_TEST(all == 40'000u);
}

// A figure that is declared but not named in for_each_counter would never be added up.
BOOST_AUTO_TEST_CASE(every_counter_is_added_up) {
    Counters<std::uint64_t> ones;
    std::uint64_t named = 0;
    for_each_counter(ones, ones, [&](std::uint64_t& figure, std::uint64_t) {
        figure = 1;
        ++named;
    });
    static_assert(sizeof(ones) % sizeof(std::uint64_t) == 0);
    BOOST_TEST(named == sizeof(ones) / sizeof(std::uint64_t));
    std::vector<std::uint64_t> words(named);
    std::memcpy(words.data(), &ones, sizeof(ones));
    for (const std::uint64_t word : words) BOOST_REQUIRE(word == 1u);

    StatsPage::Sum sum;
    Stats stats;
    stats.retried(RetryCause::lie);
    stats.first_byte.add(1);
    for (int i = 0; i < 2; ++i) sum.add(stats, false);
    BOOST_TEST(sum.retries == 2u);
    BOOST_TEST(sum.retries_by[static_cast<std::size_t>(RetryCause::lie)] == 2u);
    BOOST_TEST(quantile_s(sum.first_byte.counts, 0.5) == 1, boost::test_tools::tolerance(0.1));
}

BOOST_AUTO_TEST_CASE(causes_are_named_as_their_errors) {
    for (const ErrorKind kind :
         {ErrorKind::connection, ErrorKind::timeout, ErrorKind::throttled, ErrorKind::server,
          ErrorKind::expired_credentials, ErrorKind::wrong_region})
        BOOST_TEST(std::string(retry_cause_names[static_cast<std::size_t>(cause_of(kind))]) ==
                   name_of(kind));
    BOOST_TEST(static_cast<int>(cause_of(ErrorKind::not_s3)) == static_cast<int>(RetryCause::lie));
}

BOOST_AUTO_TEST_SUITE_END()
