// copy_bytes: every length near its borders, every alignment, and not a byte beyond.
#include "core/memory/copy.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <random>
#include <vector>

using namespace s3pipes;

BOOST_AUTO_TEST_SUITE(memory_copy)

BOOST_AUTO_TEST_CASE(as_the_original_and_not_a_byte_beyond) {
    constexpr std::size_t margin = 64;
    std::mt19937_64 random(5);
    std::vector<std::byte> source((1 << 20) + 500);
    for (std::byte& byte : source) byte = static_cast<std::byte>(random());

    std::vector<std::size_t> lengths;
    for (const std::size_t border :
         {std::size_t{100}, std::size_t{2 << 10}, std::size_t{110 << 10}, std::size_t{1 << 20}})
        for (std::size_t length = border - 70; length <= border + 70; ++length)
            lengths.push_back(length);
    for (std::size_t length = 0; length < 70; ++length) lengths.push_back(length);

    std::vector<std::byte> target(source.size() + 4 * margin);
    for (const std::size_t length : lengths) {
        const std::size_t from = random() % 64, to = margin + random() % 64;
        std::fill_n(target.begin(), length + 200, std::byte{0xA5});
        copy_bytes(target.data() + to, source.data() + from, length);
        BOOST_REQUIRE(
            std::equal(target.begin() + to, target.begin() + to + length, source.begin() + from));
        for (std::size_t i = 0; i < margin; ++i) {
            BOOST_REQUIRE(target[to - 1 - i] == std::byte{0xA5});
            BOOST_REQUIRE(target[to + length + i] == std::byte{0xA5});
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
