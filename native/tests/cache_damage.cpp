// Bits that flip, garbage in files, files that go, a loss of power: a miss, and never a wrong byte.
#include <algorithm>

#include "tests/cache_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(cache_damage, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(flipped_bits_are_a_miss) {
    // In its bytes, its head and its name.
    for (const std::uint64_t at : {4096u + 64 + 100, 4096u + 8, 4096u + 70}) {
        const Place place;
        DiskCache cache(place.rules());
        const Thing one = thing(1, 5000), other = thing(2, 5000);
        keep(cache, one);
        keep(cache, other);
        overwrite(place.files("segment-").at(0), at, "x!");
        BOOST_TEST(!is_there(cache, one));
        // Bytes that are wrong take their segment with them; a head is only not found.
        BOOST_TEST(is_there(cache, other) == (at != 4096u + 64 + 100));
        BOOST_TEST(place.files("segment-").empty() == (at == 4096u + 64 + 100));
        DiskCache later(place.rules());
        BOOST_TEST(!is_there(later, one));
        BOOST_TEST((keep(later, one) == DiskCache::Kept::yes));
        BOOST_TEST(wrong_with(later, one) == "");
    }
}

BOOST_AUTO_TEST_CASE(garbage_in_any_file_is_a_miss) {
    std::mt19937_64 random(5);
    for (std::uint64_t round = 0; round < 40; ++round) {
        const Place place;
        std::vector<Thing> things;
        for (int i = 0; i < 30; ++i) things.push_back(thing(i, 50 * KiB));
        {
            DiskCache cache(place.rules(16 * MiB));
            for (const Thing& one : things) keep(cache, one);
        }
        std::vector<fs::path> files = place.files("");
        const fs::path file = files[random() % files.size()];
        switch (round % 4) {
            case 0: fill_with_noise(file, round); break;
            case 1: fs::resize_file(file, random() % (fs::file_size(file) + 1)); break;
            case 2: overwrite(file, random() % fs::file_size(file), std::string(4096, '\0')); break;
            default: fs::remove(file); break;
        }
        DiskCache cache(place.rules(16 * MiB));
        for (const Thing& one : things) {
            is_there(cache, one);
            const auto how = keep(cache, one);
            BOOST_TEST((how == DiskCache::Kept::yes || how == DiskCache::Kept::full));
            if (how == DiskCache::Kept::yes) BOOST_TEST(wrong_with(cache, one) == "");
        }
    }
}

// Whatever the disk had got when the power went: all that is found is right, and what is not
// whole is dropped, so that its space is used again.
BOOST_AUTO_TEST_CASE(after_a_loss_of_power_what_is_whole_is_found_again) {
    const Place place;
    std::vector<Thing> things;
    for (int i = 0; i < 60; ++i) things.push_back(thing(i, 200 * KiB));
    const auto rules = place.rules(24 * MiB, 4 * MiB);
    {
        DiskCache cache(rules);
        for (const Thing& one : things) BOOST_TEST((keep(cache, one) == DiskCache::Kept::yes));
    }
    const auto segments = place.files("segment-");
    BOOST_REQUIRE(segments.size() >= 3);
    overwrite(segments[0], 4096 + 300 * KiB,
              std::string(8192, '\0'));  // a page that was not written
    fill_with_noise(place.files("hints-").at(0), 3);
    auto after = rules;
    after.boot = "another start of the machine";
    DiskCache cache(after);
    BOOST_TEST(!is_there(cache, things[0]));
    cache.recover();
    BOOST_TEST(std::count_if(things.begin(), things.end(),
                             [&](const Thing& one) { return is_there(cache, one); }) >= 30);
    for (const Thing& one : things) {
        is_there(cache, one);
        BOOST_TEST((keep(cache, one) == DiskCache::Kept::yes));
        BOOST_TEST(wrong_with(cache, one) == "");
    }
    BOOST_TEST(place.bytes() <= 24 * MiB);
}

BOOST_AUTO_TEST_CASE(what_somebody_left_who_died_in_the_making_stops_nobody) {
    const Place place;
    DiskCache cache(place.rules(32 * MiB, 4 * MiB));
    std::ofstream(place.path / "making") << std::string(20 * MiB, 'x');
    std::ofstream(place.path / "segment-77") << "half made";
    fs::permissions(place.path / "making", fs::perms::owner_read | fs::perms::owner_write);
    std::vector<Thing> things;
    for (int i = 0; i < 9000; ++i) things.push_back(thing(i, 20));
    things.push_back(thing(9000, 8 * MiB));
    for (const Thing& one : things) BOOST_REQUIRE((keep(cache, one) == DiskCache::Kept::yes));
    for (const Thing& one : things) BOOST_REQUIRE_EQUAL(wrong_with(cache, one), "");
}

BOOST_AUTO_TEST_CASE(a_lost_table_is_made_anew) {
    const Place place;
    std::vector<Thing> things;
    for (int i = 0; i < 50; ++i) things.push_back(thing(i, 100 * KiB));
    {
        DiskCache cache(place.rules());
        for (const Thing& one : things) keep(cache, one);
    }
    fs::remove(place.files("hints-").at(0));
    DiskCache cache(place.rules());
    cache.recover();
    for (const Thing& one : things) BOOST_TEST(wrong_with(cache, one) == "");
    BOOST_TEST(cache.figures().records == things.size());
}

BOOST_AUTO_TEST_CASE(all_files_may_go_while_they_are_used) {
    const Place place;
    const auto rules = place.rules(32 * MiB, 4 * MiB);
    DiskCache cache(rules);
    const Thing one = thing(1, 300 * KiB);
    keep(cache, one);
    const auto held = cache.find(one.name(), 0);
    BOOST_REQUIRE(held);
    for (const auto& file : place.files("")) fs::remove(file);
    DiskCache anew(rules);
    for (int i = 100; i < 130; ++i) {
        keep(anew, thing(i, 300 * KiB));
        keep(cache, thing(i + 100, 300 * KiB));
        BOOST_TEST(wrong_with(anew, thing(i, 300 * KiB)) == "");
        is_there(cache, thing(i, 300 * KiB));
        BOOST_REQUIRE_LE(place.bytes(), 32 * MiB);
    }
    BOOST_TEST(std::memcmp(held->bytes.data(), one.bytes.data(), one.bytes.size()) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
