// The checks of "123456789" are those of the catalogues of CRCs (reveng.sourceforge.io):
// CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME; more of CRC-32C in RFC 3720, B.4.
#include <boost/test/unit_test.hpp>
#include <numeric>
#include <random>
#include <string>

#include "core/s3/checksum.hpp"

using namespace s3pipes;

namespace {

const std::string nine = "123456789";

// Bit by bit, as the definitions have it.
template <typename Word>
Word plain(std::string_view bytes, Word polynomial) {
    Word word = static_cast<Word>(~Word{0});
    for (const char c : bytes) {
        word ^= static_cast<unsigned char>(c);
        for (int i = 0; i < 8; ++i)
            word = static_cast<Word>((word >> 1) ^ (word & 1 ? polynomial : 0));
    }
    return static_cast<Word>(~word);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(s3_checksum)

BOOST_AUTO_TEST_CASE(known_values) {
    BOOST_TEST(crc32(nine) == 0xcbf43926u);
    BOOST_TEST(crc32c(nine) == 0xe3069283u);
    BOOST_TEST(crc64nvme(nine) == 0xae8b14860a799888u);
    BOOST_TEST(crc32("") == 0u);
    BOOST_TEST(crc64nvme("") == 0u);
    BOOST_TEST(crc32c(std::string(32, '\0')) == 0x8a9136aau);
    BOOST_TEST(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
    std::string rising(32, '\0');
    std::iota(rising.begin(), rising.end(), '\0');
    BOOST_TEST(crc32c(rising) == 0x46dd794eu);
}

BOOST_AUTO_TEST_CASE(all_ways_agree) {
    std::mt19937_64 random(5);
    std::string bytes(5000, '\0');
    for (auto& c : bytes) c = static_cast<char>(random());
    for (std::size_t size = 0; size < 1200; ++size) {
        const auto some = std::string_view(bytes).substr(random() % 40, size);
        BOOST_TEST_REQUIRE(crc32(some) == plain(some, std::uint32_t{0xedb88320}));
        BOOST_TEST_REQUIRE(crc32c(some) == plain(some, std::uint32_t{0x82f63b78}));
        BOOST_TEST_REQUIRE(crc64nvme(some) == plain(some, std::uint64_t{0x9a6c9329ac4bc9b5}));
        for (const auto way :
             {crc::Way::tables, crc::Way::narrow, crc::Way::wide, crc::Way::widest}) {
            if (!crc::can(way)) continue;
            BOOST_TEST_REQUIRE(crc::crc32(way, some, 7) == crc32(some, 7));
            BOOST_TEST_REQUIRE(crc::crc32c(way, some, 7) == crc32c(some, 7));
            BOOST_TEST_REQUIRE(crc::crc64nvme(way, some, 7) == crc64nvme(some, 7));
        }
    }
}

BOOST_AUTO_TEST_CASE(in_pieces_and_joined) {
    std::mt19937_64 random(6);
    std::string bytes(4000, '\0');
    for (auto& c : bytes) c = static_cast<char>(random());
    const std::string_view all = bytes;
    for (int round = 0; round < 300; ++round) {
        const auto cut = random() % (bytes.size() + 1);
        const auto a = all.substr(0, cut), b = all.substr(cut);
        BOOST_TEST_REQUIRE(crc32(b, crc32(a)) == crc32(all));
        BOOST_TEST_REQUIRE(crc32c(b, crc32c(a)) == crc32c(all));
        BOOST_TEST_REQUIRE(crc64nvme(b, crc64nvme(a)) == crc64nvme(all));
        BOOST_TEST_REQUIRE(join_crc32(crc32(a), crc32(b), b.size()) == crc32(all));
        BOOST_TEST_REQUIRE(join_crc32c(crc32c(a), crc32c(b), b.size()) == crc32c(all));
        BOOST_TEST_REQUIRE(join_crc64nvme(crc64nvme(a), crc64nvme(b), b.size()) == crc64nvme(all));
    }
    // A terabyte of zeros, each time twice as long.
    std::uint64_t zeros = crc64nvme(std::string(1, '\0'));
    std::uint64_t size = 1;
    for (; size < (std::uint64_t{1} << 40); size *= 2) zeros = join_crc64nvme(zeros, zeros, size);
    BOOST_TEST(join_crc64nvme(zeros, crc64nvme(nine), nine.size()) != zeros);
    BOOST_TEST(join_crc64nvme(join_crc64nvme(1, 2, size), 3, size) ==
               join_crc64nvme(1, join_crc64nvme(2, 3, size), 2 * size));
}

BOOST_AUTO_TEST_SUITE_END()
