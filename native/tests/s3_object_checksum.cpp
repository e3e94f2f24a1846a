// Values of "123456789": the CRCs as s3_checksum.cpp has them, in base64, the others by Python's
// hashlib.
#include "core/s3/object_checksum.hpp"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/s3/base64.hpp"
#include "core/s3/range_sum.hpp"

using namespace s3pipes;

namespace {

constexpr ChecksumKind kinds[] = {ChecksumKind::crc64nvme, ChecksumKind::crc32c,
                                  ChecksumKind::crc32, ChecksumKind::sha1, ChecksumKind::sha256};

}  // namespace

BOOST_AUTO_TEST_SUITE(s3_object_checksum)

BOOST_AUTO_TEST_CASE(base64_both_ways) {
    BOOST_TEST(encode_base64("") == "");
    BOOST_TEST(encode_base64("f") == "Zg==");
    BOOST_TEST(encode_base64("foobar") == "Zm9vYmFy");
    BOOST_TEST(decode_base64("Zm9vYg==").value() == "foob");
    for (const auto* wrong : {"Zg=", "Zg", "Z===", "Zh==", "Zm9v!A==", "Zg==Zg=="})
        BOOST_TEST(!decode_base64(wrong), wrong);
}

BOOST_AUTO_TEST_CASE(names_in_letters_of_either_case) {
    for (const auto kind : kinds) BOOST_TEST((checksum_kind_of(name_of(kind)) == kind));
    BOOST_TEST((checksum_kind_of("Crc32c") == ChecksumKind::crc32c));
    BOOST_TEST(!checksum_kind_of("crc"));
    BOOST_TEST(!checksum_kind_of("mode"));
    BOOST_TEST(!checksum_kind_of(""));
}

// "123456789", each put with that algorithm.
BOOST_AUTO_TEST_CASE(sums_are_what_stores_write) {
    const std::pair<ChecksumKind, const char*> known[] = {
        {ChecksumKind::crc64nvme, "rosUhgp5mIg="},
        {ChecksumKind::crc32c, "4waSgw=="},
        {ChecksumKind::crc32, "y/Q5Jg=="},
        {ChecksumKind::sha1, "98O8HYCOBHMq32eZZczDTKeuNEE="},
        {ChecksumKind::sha256, "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="}};
    for (const auto& [kind, text] : known) {
        const auto said = parse_checksum(kind, text);
        BOOST_TEST_REQUIRE(said.has_value(), name_of(kind));
        BOOST_TEST(said->parts == 0u);
        ChunkSum sum(kind);
        sum.add("1234");
        BOOST_TEST(sum.value(kind) != said->value);  // a look, after which it goes on
        sum.add("56789");
        BOOST_TEST(sum.value(kind) == said->value, name_of(kind));
        BOOST_TEST(sum.bytes() == 9u);
    }
}

BOOST_AUTO_TEST_CASE(composites_name_their_parts) {
    const auto said = parse_checksum(ChecksumKind::crc32, "y/Q5Jg==-3");
    BOOST_TEST_REQUIRE(said.has_value());
    BOOST_TEST(said->parts == 3u);
}

BOOST_AUTO_TEST_CASE(nonsense_says_nothing) {
    for (const auto* text :
         {"", "-", "-3", "y/Q5Jg==-", "y/Q5Jg==-0", "y/Q5Jg==-x", "y/Q5Jg==--1", "y/Q5Jg==-99999",
          "y/Q5Jg==-3-3", "y/Q5Jg", "rosUhgp5mIg=", " y/Q5Jg=="})
        BOOST_TEST(!parse_checksum(ChecksumKind::crc32, text), text);
}

BOOST_AUTO_TEST_CASE(chunks_make_the_object) {
    std::mt19937_64 random(8);
    std::string bytes(200'000, '\0');
    for (auto& c : bytes) c = static_cast<char>(random());
    const auto every = ChecksumKinds::all_that_join();
    ChunkSum joined(every), fewer(every);
    for (std::size_t begin = 0; begin < bytes.size();) {
        const auto size = std::min<std::size_t>(random() % 70'000, bytes.size() - begin);
        const auto piece = std::string_view(bytes).substr(begin, size);
        ChunkSum chunk(every), of_one(ChecksumKind::crc32c);
        chunk.add(piece);
        of_one.add(piece);
        joined.append(chunk);
        fewer.append(begin == 0 ? chunk : of_one);
        begin += size;
    }
    BOOST_TEST((joined.kinds() == every));
    BOOST_TEST((fewer.kinds() == ChecksumKinds(ChecksumKind::crc32c)));
    for (const auto kind : kinds) {
        if (!joins(kind)) continue;
        ChunkSum all(kind);
        all.add(bytes);
        BOOST_TEST(joined.value(kind) == all.value(kind));
        if (fewer.kinds().has(kind)) BOOST_TEST(fewer.value(kind) == all.value(kind));
        BOOST_TEST(joined.bytes() == bytes.size());
    }
}

// Of chunks that are cut anywhere, with the part's size known from some chunk on.
BOOST_AUTO_TEST_CASE(chunks_make_the_sum_of_parts) {
    constexpr std::uint64_t MiB = RangeSum::grain_bytes;
    std::mt19937_64 random(9);
    std::string bytes(11 * MiB + 4321, '\0');
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
        const std::uint64_t word = random();
        std::memcpy(bytes.data() + i, &word, std::min<std::size_t>(8, bytes.size() - i));
    }
    const std::string_view all = bytes;
    for (int round = 0; round < 60; ++round) {
        const auto kind = kinds[random() % 3];
        const std::uint64_t part_bytes = (1 + random() % 13) * MiB;
        ObjectChecksum said{kind, {}};
        ChunkSum of_parts(kind);
        for (std::uint64_t at = 0; at < all.size(); at += part_bytes, ++said.parts) {
            ChunkSum part(kind);
            part.add(all.substr(at, part_bytes));
            of_parts.add(part.value(kind));
        }
        said.part_bytes = part_bytes;
        RangeSum joined(ChecksumKinds::all_that_join(), 0, true);
        for (std::uint64_t begin = 0; begin < all.size();) {
            const auto size = std::min<std::uint64_t>(random() % (4 * MiB), all.size() - begin);
            RangeSum chunk(round % 2 == 0 ? ChecksumKinds(kind) : ChecksumKinds::all_that_join(),
                           begin, true);
            for (std::uint64_t at = 0; at < size;) {
                const auto some = std::min<std::uint64_t>(1 + random() % MiB, size - at);
                chunk.add(all.substr(begin + at, some));
                at += some;
            }
            joined.append(chunk, begin > all.size() / 3 ? &said : nullptr);
            begin += size;
        }
        BOOST_TEST(joined.bytes() == all.size());
        BOOST_TEST((joined.composite(kind, part_bytes) == of_parts.value(kind)));
        ChunkSum plain(kind);
        plain.add(all);
        BOOST_TEST(joined.value(kind) == plain.value(kind));
        BOOST_TEST(!joined.composite(kind, MiB / 2 + 1));
    }
}

BOOST_AUTO_TEST_SUITE_END()
