// What answers tell of the way to a store, and how large requests should be for it.
#include <boost/test/unit_test.hpp>
#include <random>

#include "core/policy/chunk_size.hpp"
#include "core/policy/path.hpp"

using namespace s3pipes;

namespace {

constexpr std::uint64_t MiB = 1 << 20;

// So many answers, side by side on `connections`; returns the last span that was told of.
std::optional<Span> serve(Path& path, const Served& served, int answers, int connections,
                          double& now_s) {
    std::optional<Span> last;
    for (int i = 0; i < answers; ++i) {
        now_s += (served.first_byte_s + served.streaming_s) / connections;
        if (const auto span = path.served(served, now_s)) last = span;
    }
    return last;
}

ChunkNeeds needs_of_s3(double reached_bytes_per_s, std::uint64_t window_bytes = 448 * MiB) {
    return {0.033, 1 / (57.0 * MiB), reached_bytes_per_s, window_bytes, 256};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_path)

BOOST_AUTO_TEST_CASE(the_least_is_kept_for_one_to_two_terms) {
    RecentLeast least(5);
    BOOST_TEST(least.value() == 0);
    least.add(3, 0);
    least.add(1, 4);
    least.add(2, 6);
    BOOST_TEST(least.value() == 1);
    least.add(2, 9);
    BOOST_TEST(least.value() == 1);
    least.add(4, 11);
    BOOST_TEST(least.value() == 2);
    least.add(9, 1000);  // nothing came for long
    BOOST_TEST(least.value() == 9);
    RecentMost most(5);
    most.add(3, 0);
    most.add(1, 6);
    BOOST_TEST(most.value() == 3);
    most.forget();
    BOOST_TEST(most.value() == 0);
}

BOOST_AUTO_TEST_CASE(a_span_counts_what_is_on_its_way) {
    Path path;
    double now_s = 100;
    const auto span = serve(path, {0.03, 0.02, MiB}, 1000, 40, now_s);
    BOOST_REQUIRE(span);
    BOOST_TEST(span->in_flight == 40, boost::test_tools::tolerance(0.02));
    BOOST_TEST(span->bytes_per_s == 40 * MiB / 0.05, boost::test_tools::tolerance(0.02));
    BOOST_TEST(span->crowding == 1, boost::test_tools::tolerance(0.01));
    BOOST_TEST(path.first_byte_s() == 0.03, boost::test_tools::tolerance(0.01));
    BOOST_TEST(path.seconds_per_byte() == 0.02 / MiB, boost::test_tools::tolerance(0.01));
    BOOST_TEST(path.bytes_per_s() == 40 * MiB / 0.05, boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_CASE(what_takes_longer_than_before_queues) {
    Path path;
    double now_s = 0;
    serve(path, {0.03, 0.02, MiB}, 200, 40, now_s);
    const auto span = serve(path, {0.06, 0.04, MiB}, 400, 40, now_s);
    BOOST_REQUIRE(span);
    BOOST_TEST(span->crowding == 2, boost::test_tools::tolerance(0.01));
    path.changed();
    const auto after = serve(path, {0.06, 0.04, MiB}, 400, 40, now_s);
    BOOST_TEST(after->crowding == 1, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(who_comes_to_a_full_link_takes_it_for_what_it_is) {
    Path path;
    double now_s = 0;
    // 1 MiB in half a second: no large store's connection is so slow by itself.
    auto span = serve(path, {0.03, 0.5, MiB}, 200, 40, now_s);
    BOOST_TEST(span->crowding > 5);
    path.changed();  // less was asked for, in vain
    span = serve(path, {0.03, 0.5, MiB}, 400, 40, now_s);
    BOOST_TEST(span->crowding == 1, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(a_requests_size_follows_what_is_reached) {
    BOOST_TEST(chunk_bytes_for({}) == first_chunk_bytes);
    BOOST_TEST(chunk_bytes_for(needs_of_s3(100e6)) == 8 * MiB);   // a link of 1 Gb/s
    BOOST_TEST(chunk_bytes_for(needs_of_s3(1000e6)) == 4 * MiB);  // of 10 Gb/s
    BOOST_TEST(chunk_bytes_for(needs_of_s3(4000e6)) == 1 * MiB);
    // As many as may be on their way no longer bring it in the smallest ones.
    BOOST_TEST(chunk_bytes_for(needs_of_s3(5500e6)) == 2 * MiB);
    // Little memory asks for small requests.
    BOOST_TEST(chunk_bytes_for(needs_of_s3(400e6, 32 * MiB)) == 1 * MiB);
}

BOOST_AUTO_TEST_CASE(a_smaller_request_is_never_chosen_where_a_larger_one_would_do) {
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
        ChunkNeeds needs;
        needs.first_byte_s = 1e-4 * static_cast<double>(1 + random() % 3000);
        needs.seconds_per_byte = 1e-9 * static_cast<double>(1 + random() % 100);
        needs.bytes_per_s = 1e6 * static_cast<double>(random() % 5000);
        needs.window_bytes = MiB * (1 + random() % 512);
        needs.requests = 1 + static_cast<int>(random() % 512);
        const std::uint64_t chosen = chunk_bytes_for(needs);
        BOOST_REQUIRE_GE(chosen, smallest_chunk_bytes);
        BOOST_REQUIRE_LE(chosen, largest_chunk_bytes);
        ChunkNeeds half = needs;  // the other one is for what waits
        half.window_bytes /= 2;
        if (chosen < largest_chunk_bytes)
            BOOST_REQUIRE_LT(carried_by(std::max(2 * chosen, 4 * MiB), half),
                             2.25 * needs.bytes_per_s);
    }
}

BOOST_AUTO_TEST_SUITE_END()
