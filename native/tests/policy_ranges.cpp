// Merged ranges.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "core/policy/range_merge.hpp"
#include "core/words/error.hpp"

using namespace s3pipes;

BOOST_AUTO_TEST_SUITE(policy_ranges)

BOOST_AUTO_TEST_CASE(merging_by_hand) {
    const std::vector<ByteRange> ranges{{50, 60}, {0, 10}, {12, 20}, {23, 30}, {5, 5}, {55, 58}};
    const auto merged = merge_ranges(ranges, 2, 100);
    BOOST_REQUIRE(merged.size() == 3u);
    BOOST_TEST((merged[0].range == ByteRange{0, 20}));
    BOOST_TEST((merged[0].members == std::vector<std::size_t>{1, 2}));
    BOOST_TEST((merged[1].range == ByteRange{23, 30}));
    BOOST_TEST((merged[2].range == ByteRange{50, 60}));
    BOOST_TEST((merged[2].members == std::vector<std::size_t>{0, 5}));
}

BOOST_AUTO_TEST_CASE(merging_at_the_edges) {
    BOOST_TEST(merge_ranges({}, 1, 1).empty());
    const std::vector<ByteRange> touching{{0, 10}, {10, 20}};
    BOOST_TEST(merge_ranges(touching, 0, 20).size() == 1u);
    BOOST_TEST(merge_ranges(touching, 0, 19).size() == 2u);
    const std::vector<ByteRange> large{{0, 1000}};
    BOOST_TEST(merge_ranges(large, 0, 10).at(0).range.size() == 1000u);
    const auto end = std::numeric_limits<std::uint64_t>::max();
    const std::vector<ByteRange> far{{0, 1}, {end - 1, end}};
    BOOST_TEST(merge_ranges(far, end, end).size() == 1u);
    BOOST_TEST(merge_ranges(far, end - 3, end).size() == 2u);
    const std::vector<ByteRange> same{{5, 9}, {5, 9}, {5, 12}};
    const auto merged = merge_ranges(same, 0, 1);
    BOOST_REQUIRE(merged.size() == 1u);
    BOOST_TEST((merged[0].range == ByteRange{5, 12}));
}

BOOST_AUTO_TEST_CASE(merging_covers_every_input_once) {
    std::mt19937_64 random(4);
    for (int round = 0; round < 2000; ++round) {
        std::vector<ByteRange> ranges(random() % 30);
        for (auto& range : ranges) {
            range.begin = random() % 500;
            range.end = range.begin + random() % 40;
        }
        const std::uint64_t max_gap = random() % 30;
        const std::uint64_t max_bytes = random() % 200;
        std::vector<int> seen(ranges.size());
        std::uint64_t previous_begin = 0;
        for (const auto& [whole, members] : merge_ranges(ranges, max_gap, max_bytes)) {
            BOOST_REQUIRE(!members.empty());
            BOOST_REQUIRE_GE(whole.begin, previous_begin);
            previous_begin = whole.begin;
            std::uint64_t reached = whole.begin;
            std::uint64_t largest = 0;
            for (const std::size_t i : members) {
                ++seen.at(i);
                BOOST_REQUIRE(ranges[i].begin >= whole.begin && ranges[i].end <= whole.end);
                BOOST_REQUIRE(ranges[i].begin <= reached || ranges[i].begin - reached <= max_gap);
                reached = std::max(reached, ranges[i].end);
                largest = std::max(largest, ranges[i].size());
            }
            BOOST_REQUIRE_EQUAL(reached, whole.end);  // not a byte more than is asked for
            BOOST_REQUIRE(whole.size() <= std::max(max_bytes, largest));
        }
        for (std::size_t i = 0; i < ranges.size(); ++i)
            BOOST_REQUIRE_EQUAL(seen[i], ranges[i].empty() ? 0 : 1);
    }
}

BOOST_AUTO_TEST_SUITE_END()
