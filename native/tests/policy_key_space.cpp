// What is guessed of keys that were not seen.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "core/policy/key_space.hpp"
#include "core/words/utf8.hpp"
#include "tests/sanitized.hpp"

using namespace s3pipes;

namespace {

KeySpace seen(const std::vector<std::string>& keys, const std::string& prefix = "") {
    KeySpace space(prefix);
    space.learn({keys.begin(), keys.end()});
    return space;
}

std::vector<std::string> beyond(const KeySpace& space, const std::string& low) {
    std::vector<std::string> keys;
    for (const auto& one : space.beyond(low)) keys.push_back(one.key);
    return keys;
}

}  // namespace

// Of one thread: ThreadSanitizer has nothing to see here, and takes minutes over it.
BOOST_AUTO_TEST_SUITE(policy_key_space,
                      *boost::unit_test::enable_if<!s3pipes::test::under_thread_sanitizer>())

BOOST_AUTO_TEST_CASE(half_way_between_two_keys) {
    const KeySpace numbers = seen({"s-000000.tar", "s-000512.tar", "s-000999.tar"});
    BOOST_TEST(numbers.between("s-000000.tar", "s-1", 0.5).value() == "s-050");
    BOOST_TEST(numbers.between("s-000", "s-001", 0.25).value() == "s-00025");
    const KeySpace hex = seen({"00a1b2", "00c9d8", "01e0f3", "014567"});
    BOOST_TEST(hex.between("0", "f", 0.5).value().substr(0, 1) == "7");
    BOOST_TEST(hex.between("4", "8", 0.5).value().substr(0, 1) == "6");
    BOOST_TEST(!hex.between("4", "4", 0.5).has_value());
    BOOST_TEST(!hex.between("4", "40", 0.5).has_value());
}

BOOST_AUTO_TEST_CASE(how_far_it_is) {
    const KeySpace space = seen({"s-000000.tar", "s-000512.tar", "s-000999.tar"});
    BOOST_TEST(std::abs(space.times("s-000000", "s-001000", "s-100000") - 99) < 1e-6);
    BOOST_TEST(std::isinf(space.times("s-000000", "s-000000", "s-1")));
}

BOOST_AUTO_TEST_CASE(a_place_that_began_anew_has_shown_its_letters) {
    std::vector<std::string> days;
    for (const char* month : {"01", "02", "03", "04", "05"})
        for (const char* day : {"01", "08", "15", "22", "28"})
            days.push_back(std::string("2024-") + month + "-" + day);
    // Tens of days are 0, 1 and 2; tens of months are still open.
    const KeySpace space = seen(days);
    const auto points = beyond(space, "2024-01-15");
    BOOST_TEST(std::ranges::count(points, "2024-01-2") == 1);
    BOOST_TEST(std::ranges::count(points, "2024-01-3") == 0);
    BOOST_TEST(std::ranges::count(points, "2024-9") == 1);
}

BOOST_AUTO_TEST_CASE(what_lies_beyond_comes_nearest_first) {
    const KeySpace space =
        seen({"p/n01440764/n01440764_10026.JPEG", "p/n01440764/n01440764_8.JPEG"}, "p/");
    const auto points = beyond(space, "p/n01440764/n01440764_10026.JPEG");
    BOOST_TEST(std::ranges::is_sorted(points));
    BOOST_TEST(points.back() == "p/o");
    for (const char* one : {"p/n1", "p/n02", "p/n9", "p/n0144077"})
        BOOST_TEST(std::ranges::count(points, one) == 1, one);
}

BOOST_AUTO_TEST_CASE(whatever_the_keys_what_is_named_lies_where_it_should_and_can_be_asked_for) {
    const std::vector<std::string> letters = {"a",
                                              "b",
                                              "Z",
                                              "0",
                                              "9",
                                              "/",
                                              "-",
                                              "\t",
                                              "\x01",
                                              "\x7f",
                                              "\xc3\xa9",
                                              "\xe6\x97\xa5",
                                              "\xf0\x9f\x98\x80",
                                              "\xff",
                                              "\xef\xbf\xbf",
                                              " ",
                                              "%",
                                              "&"};
    int named = 0;
    for (std::uint64_t seed = 0; seed < 5000; ++seed) {
        std::mt19937_64 random(seed);
        const std::size_t kinds = 1 + random() % letters.size();
        std::vector<std::string> keys(2 + random() % 8);
        for (std::string& key : keys)
            for (std::size_t i = 0, size = random() % 12; i < size; ++i)
                key += letters[random() % kinds];
        std::ranges::sort(keys);
        const KeySpace space = seen(keys, seed % 3 == 0 ? keys.front().substr(0, 1) : "");
        const std::string &low = keys.front(), &high = keys.back();
        auto points = beyond(space, low);
        for (const std::string& point : points) BOOST_REQUIRE(point > low);
        for (const double share : {0.001, 0.3, 0.5, 0.999})
            if (const auto point = space.between(low, high, share)) {
                BOOST_REQUIRE((*point > low && *point < high));
                points.push_back(*point);
            }
        for (const std::string& point : points) {
            ++named;
            const auto text = from_utf8(point);
            BOOST_REQUIRE(text.has_value());
            for (const char32_t c : *text)
                BOOST_REQUIRE((c >= 0x20 && c != 0x7f && c != 0xffff && c != 0xfffe));
        }
        BOOST_REQUIRE(space.times(low, high, high) >= 0);
    }
    BOOST_TEST(named > 1000);
}

BOOST_AUTO_TEST_CASE(text_and_its_bytes) {
    for (const char32_t c : {U'\x1', U'\x7f', U'\x80', U'\x7ff', U'\x800', U'\xd7ff', U'\xe000',
                             U'\xffff', U'\x10000', U'\x10ffff'}) {
        const std::u32string text(3, c);
        BOOST_TEST((from_utf8(to_utf8(text)) == text));
    }
    for (const char* bad :
         {"\xc3", "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe6\x97", "\xf0\x8f\xbf\xbf", "a\xff"})
        BOOST_TEST(!from_utf8(bad).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
