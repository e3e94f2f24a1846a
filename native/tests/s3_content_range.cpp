#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <random>
#include <string>

#include "core/s3/content_range.hpp"

using namespace s3pipes;

BOOST_AUTO_TEST_SUITE(s3_content_range)

BOOST_AUTO_TEST_CASE(what_they_say) {
    auto found = parse_content_range("bytes 0-9/100");
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST((found->range == ByteRange{0, 10}));
    BOOST_TEST(found->total.value() == 100u);

    found = parse_content_range("bytes 5-5/*");
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST((found->range == ByteRange{5, 6}));
    BOOST_TEST(!found->total.has_value());

    found = parse_content_range("bytes */100");
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->range.empty());
    BOOST_TEST(found->total.value() == 100u);
}

BOOST_AUTO_TEST_CASE(what_is_none) {
    for (const char* bad : {"",
                            "bytes",
                            "bytes ",
                            "bytes 0-9",
                            "bytes 0-9/",
                            "bytes 0-9/100 ",
                            "bytes=0-9/100",
                            "items 0-9/100",
                            "bytes 9-0/100",
                            "bytes 0-9/9",
                            "bytes 0-9/-1",
                            "bytes -9/100",
                            "bytes 0-/100",
                            "bytes +0-9/100",
                            "bytes 0-9/*0",
                            "bytes */*",
                            "bytes */",
                            "bytes * /1",
                            "bytes 0-18446744073709551615/*",
                            "bytes 0-9/18446744073709551616",
                            "bytes 0x1-9/100"})
        BOOST_TEST(!parse_content_range(bad).has_value(), bad);
}

// Numbers of every size, those near a power of two above all.
std::uint64_t any_number(std::mt19937_64& random) {
    constexpr std::uint64_t edges[] = {0, std::uint64_t{1} << 46, std::uint64_t{1} << 63};
    const std::uint64_t drawn = random();
    switch (drawn % 4) {
        case 0: return random();
        case 1: return random() >> (random() % 64);
        default: return edges[random() % 3] + random() % 5 - 2;  // around 0 means near 2^64 too
    }
}

BOOST_AUTO_TEST_CASE(no_size_is_beyond_the_largest_object) {
    std::mt19937_64 random(46);
    int good = 0;
    for (int round = 0; round < 100'000; ++round) {
        const std::uint64_t first = any_number(random);
        const std::uint64_t last = random() % 2 == 0 ? any_number(random) : first + random() % 3;
        const std::uint64_t total = any_number(random);
        const std::string range = std::to_string(first) + "-" + std::to_string(last);
        const auto found = parse_content_range("bytes " + range + "/" + std::to_string(total));
        const bool fits = first <= last && last < total && total <= largest_object_bytes;
        BOOST_REQUIRE_EQUAL(found.has_value(), fits);
        if (found) BOOST_REQUIRE(found->range.end - 1 == last && *found->total == total);
        good += fits;
        const auto unknown = parse_content_range("bytes " + range + "/*");
        BOOST_REQUIRE_EQUAL(unknown.has_value(), first <= last && last < largest_object_bytes);
        const auto none = parse_content_range("bytes */" + std::to_string(total));
        BOOST_REQUIRE_EQUAL(none.has_value(), total <= largest_object_bytes);
    }
    BOOST_TEST(good > 1000);
}

BOOST_AUTO_TEST_SUITE_END()
