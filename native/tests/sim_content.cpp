// The bytes of objects that nobody put.
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "sim/content/generated.hpp"

using namespace s3pipes::sim;

namespace {

std::vector<std::byte> bytes_of(const Content& content, std::uint64_t begin, std::size_t size) {
    std::vector<std::byte> out(size);
    content.fill(begin, out);
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_content)

BOOST_AUTO_TEST_CASE(what_lies_in_memory_is_what_is_filled_in) {
    const Generated content("bucket", "key", 1, 300'000);
    const auto whole = bytes_of(content, 0, 300'000);
    for (const std::uint64_t offset : {0, 1, 65'535, 65'536, 65'537, 200'000, 299'999}) {
        const auto here = content.in_place(offset);
        BOOST_REQUIRE(!here.empty());
        BOOST_REQUIRE(offset + here.size() <= 300'000);
        BOOST_TEST(std::equal(here.begin(), here.end(), whole.begin() + static_cast<long>(offset)));
        BOOST_CHECK(bytes_of(content, offset, 1).front() == whole[offset]);
    }
    BOOST_TEST(content.in_place(300'000).empty());
}

BOOST_AUTO_TEST_CASE(a_byte_is_the_same_wherever_a_range_begins) {
    const Generated content("bucket", "key", 1, 1'000'000);
    const auto whole = bytes_of(content, 0, 1'000'000);
    for (std::size_t begin = 0; begin < 900'000; begin += 77'777) {
        const auto part = bytes_of(content, begin, 70'000);
        BOOST_TEST(std::equal(part.begin(), part.end(), whole.begin() + static_cast<long>(begin)));
    }
}

BOOST_AUTO_TEST_CASE(every_name_version_and_block_has_bytes_of_its_own) {
    std::set<std::vector<std::byte>> distinct;
    for (const char* bucket : {"a", "b"}) {
        for (const char* key : {"k", "k0", "k1"}) {
            for (std::uint64_t version = 0; version < 3; ++version) {
                const Generated content(bucket, key, version, std::uint64_t{1} << 40);
                for (const std::uint64_t block : {0, 1, 2, 1 << 20}) {
                    distinct.insert(bytes_of(content, block * Pool::block_bytes, 32));
                }
            }
        }
    }
    BOOST_TEST(distinct.size() == 2 * 3 * 3 * 4u);
}

BOOST_AUTO_TEST_CASE(the_pool_looks_like_chance) {
    std::vector<std::size_t> counts(256);
    for (const std::byte byte : Pool::shared().bytes()) ++counts[std::to_integer<int>(byte)];
    const std::size_t even = Pool::size_bytes / 256;
    for (const std::size_t count : counts) {
        BOOST_TEST(count > even * 9 / 10);
        BOOST_TEST(count < even * 11 / 10);
    }
}

BOOST_AUTO_TEST_SUITE_END()
