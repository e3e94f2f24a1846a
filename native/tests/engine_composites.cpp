// Objects whose checksum is of the checksums of their parts.
#include "tests/checksum_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(engine_composites, *boost::unit_test::timeout(300))

// What boto3 leaves behind: a CRC32 of the CRC32s of all parts.
BOOST_AUTO_TEST_CASE(an_object_put_in_parts_is_held_against_its_parts) {
    constexpr std::uint64_t MiB = 1 << 20;
    for (const auto kind : {ChecksumKind::crc32, ChecksumKind::crc32c, crc64})
        for (const std::uint64_t by : {64 * KiB, 3 * MiB, 700 * KiB})
            for (const bool known : {true, false}) {
                Rig rig({.event_loops = 2});
                rig.store->keep_composites(kind, 2 * MiB);
                const std::uint64_t size = 9 * MiB + 77;
                rig.store->put("object", size);
                const auto reader = rig.reader(by);
                const auto stream = rig.open(*reader, rig.ask("object", known));
                BOOST_TEST(wrong_with(*stream, "object", size) == "");
                BOOST_TEST(verified(rig) == size);
                BOOST_TEST(unverified(rig) == 0u);
                BOOST_TEST(rig.store->asked() == 1);
            }
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_of_an_object_in_parts_heals_or_is_told) {
    for (const bool whole : {true, false}) {
        Rig rig;
        rig.store->keep_composites(ChecksumKind::crc32, 1 << 20);
        rig.store->put("object", 5 << 20);
        flip(*rig.store, 3 << 20, whole ? 1 : 100);
        const auto reader = rig.reader(512 * KiB);
        auto request = rig.ask("object");
        if (whole) request.destination = Destination::one_piece();
        const auto stream = rig.open(*reader, request);
        if (whole) {
            BOOST_TEST(wrong_with_whole(*stream, "object", 5 << 20) == "");
            BOOST_TEST(mended(rig) == 1u);
            BOOST_TEST(verified(rig) == 5u << 20);
        } else {
            const Failure failure = failure_of([&] {
                for (;;) stream->next_view(patience());
            });
            BOOST_TEST((failure.error.kind == ErrorKind::checksum_mismatch));
        }
        BOOST_TEST(rig.store->asked() == 2);  // also whether the parts are alike
    }
}

// What differs is not believed because nobody says how large its parts are.
BOOST_AUTO_TEST_CASE(a_flipped_bit_is_one_though_the_parts_stay_unconfirmed) {
    Rig rig;
    rig.store->keep_composites(ChecksumKind::crc32, 1 << 20);
    rig.store->put("object", 5 << 20);
    rig.store->script_questions([](int number) {
        return number == 0 ? std::nullopt : std::optional(Error(ErrorKind::access_denied, "no"));
    });
    flip(*rig.store, 3 << 20, 100);
    const auto reader = rig.reader(512 * KiB);
    const auto stream = rig.open(*reader, rig.ask("object"));
    const Failure failure = failure_of([&] {
        for (;;) stream->next_view(patience());
    });
    BOOST_TEST((failure.error.kind == ErrorKind::checksum_mismatch));
}

// Their borders are not known, so nothing can be held against anything.
BOOST_AUTO_TEST_CASE(parts_that_are_not_alike_are_no_mistake) {
    for (const bool uneven : {true, false}) {
        Rig rig;
        rig.store->keep_composites(ChecksumKind::crc32, uneven ? 1 << 20 : 1'500'000, uneven);
        rig.store->put("object", 5 << 20);
        const auto reader = rig.reader(512 * KiB);
        BOOST_TEST(wrong_with(*rig.open(*reader, rig.ask("object")), "object", 5 << 20) == "");
        BOOST_TEST(verified(rig) == 0u);
        BOOST_TEST(unverified(rig) == 5u << 20);
        BOOST_TEST(rig.store->asked() == (uneven ? 2 : 1));
    }
}

BOOST_AUTO_TEST_SUITE_END()
