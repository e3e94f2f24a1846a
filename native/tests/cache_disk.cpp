// What a cache on disk keeps, and whose folder it takes.
#include <sys/stat.h>

#include <algorithm>

#include "tests/cache_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(cache_disk, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(what_was_kept_is_found_also_by_others_and_later) {
    const Place place;
    std::vector<Thing> things;
    for (int i = 0; i < 50; ++i) things.push_back(thing(i, static_cast<std::uint64_t>(i) * 1777));
    things.push_back(thing(50, 5 * MiB + 17));
    {
        DiskCache cache(place.rules());
        for (const Thing& one : things) {
            BOOST_TEST(!is_there(cache, one));
            BOOST_TEST((keep(cache, one) == DiskCache::Kept::yes));
        }
        DiskCache beside(place.rules());
        for (const Thing& one : things) {
            BOOST_TEST(wrong_with(cache, one) == "");
            BOOST_TEST(wrong_with(beside, one) == "");
        }
    }
    DiskCache later(place.rules());
    for (const Thing& one : things) BOOST_TEST(wrong_with(later, one) == "");
    BOOST_TEST(later.figures().records == things.size());
}

BOOST_AUTO_TEST_CASE(another_version_key_or_store_is_another_object) {
    const Place place;
    DiskCache cache(place.rules());
    const Thing kept = thing(1, 1000);
    keep(cache, kept);
    Thing other = kept;
    other.etag = "\"v2\"";
    BOOST_TEST(!is_there(cache, other));
    other = kept;
    other.key += "x";
    BOOST_TEST(!is_there(cache, other));
    BOOST_TEST(!cache.find({"http://here/other", kept.key, kept.etag}, 0));
    // The texts side by side are the same.
    BOOST_TEST(!cache.find({"http://here/bucketk", "ey-1", kept.etag}, 0));
    for (const std::string etag : {"", "W/\"v1\""}) {
        other.etag = etag;
        BOOST_TEST((keep(cache, other) == DiskCache::Kept::unfit));
        BOOST_TEST(!cache.find(other.name(), 0));
    }
}

BOOST_AUTO_TEST_CASE(parts_are_found_from_any_position_and_completed_later) {
    const Place place;
    DiskCache cache(place.rules());
    const Thing one = thing(1, 7 * MiB);
    const std::span<const std::byte> bytes(one.bytes);
    const auto keep_range = [&](std::uint64_t begin, std::uint64_t end) {
        BOOST_TEST((cache.keep(one.name(), one.meta(), begin, bytes.subspan(begin, end - begin)) ==
                    DiskCache::Kept::yes));
    };
    keep_range(MiB + 5, 3 * MiB + 9);
    BOOST_TEST(!cache.find(one.name(), 0));
    BOOST_TEST(!cache.find(one.name(), MiB + 4));
    for (const std::uint64_t at : {MiB + 5, 2 * MiB, 3 * MiB + 8}) {
        const auto part = cache.find(one.name(), at);
        BOOST_REQUIRE(part);
        BOOST_TEST((part->range == ByteRange{MiB + 5, 3 * MiB + 9}));
    }
    BOOST_TEST(!cache.find(one.name(), 3 * MiB + 9));
    keep_range(3 * MiB + 9, 7 * MiB);
    keep_range(0, MiB + 5);
    BOOST_TEST(wrong_with(cache, one) == "");
    const auto before = cache.figures();
    keep_range(0, 7 * MiB);  // all of it is there
    BOOST_TEST(cache.figures().records == before.records);
}

BOOST_AUTO_TEST_CASE(the_limit_is_never_passed_and_nearly_reached) {
    const Place place;
    const std::uint64_t limit = 24 * MiB;
    DiskCache cache(place.rules(limit, 4 * MiB));
    std::vector<Thing> things;
    std::uint64_t kept = 0;
    for (int i = 0; i < 400; ++i) {
        things.push_back(thing(i, 100 * KiB));
        const auto how = keep(cache, things.back());
        BOOST_TEST((how == DiskCache::Kept::yes || how == DiskCache::Kept::full));
        if (how == DiskCache::Kept::yes) kept += things.back().bytes.size();
        BOOST_REQUIRE_LE(place.bytes(), limit);
    }
    BOOST_TEST(kept > 22 * MiB);
    std::uint64_t found = 0;
    for (const Thing& one : things) found += is_there(cache, one) ? one.bytes.size() : 0;
    BOOST_TEST(found == kept);
}

BOOST_AUTO_TEST_CASE(a_limit_that_shrinks_is_honoured_and_one_that_grows_is_used) {
    const Place place;
    std::vector<Thing> things;
    for (int i = 0; i < 200; ++i) things.push_back(thing(i, 100 * KiB));
    const auto found_by = [&](DiskCache& cache) {
        return std::count_if(things.begin(), things.end(),
                             [&](const Thing& one) { return is_there(cache, one); });
    };
    {
        DiskCache cache(place.rules(32 * MiB, 4 * MiB));
        for (const Thing& one : things) keep(cache, one);
        BOOST_TEST(found_by(cache) == 200);
    }
    {
        DiskCache cache(place.rules(9 * MiB, 4 * MiB));
        BOOST_TEST(place.bytes() <= 9 * MiB);
        BOOST_TEST(found_by(cache) < 100);
        BOOST_TEST(found_by(cache) > 20);
    }
    DiskCache cache(place.rules(32 * MiB, 4 * MiB));
    for (const Thing& one : things) keep(cache, one);
    BOOST_TEST(found_by(cache) == 200);
}

BOOST_AUTO_TEST_CASE(many_records_make_the_table_larger_and_all_are_found) {
    const Place place;
    DiskCache cache(place.rules(256 * MiB));
    DiskCache beside(place.rules(256 * MiB));
    std::vector<Thing> things;
    for (int i = 0; i < 20'000; ++i) things.push_back(thing(i, 40));
    for (std::size_t i = 0; i < things.size(); ++i)
        BOOST_REQUIRE((keep(i % 2 ? cache : beside, things[i]) == DiskCache::Kept::yes));
    for (const Thing& one : things) {
        BOOST_REQUIRE_EQUAL(wrong_with(cache, one), "");
        BOOST_REQUIRE_EQUAL(wrong_with(beside, one), "");
    }
    BOOST_TEST(place.files("hints-").size() == 1u);
    BOOST_TEST(fs::file_size(place.files("hints-")[0]) >= 20'000u * 16);
}

BOOST_AUTO_TEST_CASE(views_outlive_the_cache_and_its_files) {
    const Place place;
    const Thing one = thing(1, 300 * KiB);
    std::optional<Segment::Part> part;
    {
        DiskCache cache(place.rules());
        keep(cache, one);
        part = cache.find(one.name(), 0);
    }
    fs::remove_all(place.path);
    BOOST_REQUIRE(part);
    BOOST_TEST(std::memcmp(part->bytes.data(), one.bytes.data(), one.bytes.size()) == 0);
}

BOOST_AUTO_TEST_CASE(folders_that_are_not_ours_alone_are_refused_with_one_line) {
    const Place place;
    const auto rules = place.rules();
    fs::create_directory(place.path);
    fs::permissions(place.path, fs::perms::others_read, fs::perm_options::add);
    BOOST_TEST(refusal(rules).find("others") != std::string::npos);
    fs::permissions(place.path, fs::perms::owner_all);
    std::ofstream(place.path / "somebody's") << "file";
    BOOST_TEST(refusal(rules).find("other files") != std::string::npos);
    fs::remove(place.path / "somebody's");
    BOOST_TEST(refusal(rules) == "");
    fs::create_directory_symlink(place.path, place.root / "link");
    auto by_link = rules;
    by_link.path = (place.root / "link").string();
    BOOST_TEST(refusal(by_link).find("symbolic link") != std::string::npos);
    if (::geteuid() == 0) {
        BOOST_TEST(::chown(place.path.c_str(), 12345, 12345) == 0);
        BOOST_TEST(refusal(rules).find("12345") != std::string::npos);
        BOOST_TEST(::chown(place.path.c_str(), 0, 0) == 0);
    }
    overwrite(place.path / "lock", 12, std::string("\x63\0\0\0", 4));
    BOOST_TEST(refusal(rules).find("newer") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(all_is_for_us_alone_and_no_link_is_followed) {
    const Place place;
    {
        DiskCache cache(place.rules());
        keep(cache, thing(1, 1000));
    }
    struct stat found{};
    BOOST_TEST(::stat(place.path.c_str(), &found) == 0);
    BOOST_TEST((found.st_mode & 0777) == 0700u);
    for (const auto& file : place.files("")) {
        BOOST_TEST(::stat(file.c_str(), &found) == 0);
        BOOST_TEST((found.st_mode & 0777) == 0600u);
    }
    const fs::path segment = place.files("segment-").at(0);
    fs::rename(segment, place.root / "elsewhere");
    fs::create_symlink(place.root / "elsewhere", segment);
    DiskCache cache(place.rules());
    BOOST_TEST(!is_there(cache, thing(1, 1000)));
}

BOOST_AUTO_TEST_CASE(many_parts_of_one_place_make_no_table_without_end) {
    const Place place;
    const auto rules = place.rules(32 * MiB, 4 * MiB);
    DiskCache cache(rules);
    const Thing one = thing(1, 2 * MiB);
    const std::span<const std::byte> bytes(one.bytes);
    for (std::uint64_t at = 0; at < MiB; at += 16 * KiB)
        cache.keep(one.name(), one.meta(), at, bytes.subspan(at, 16 * KiB));
    BOOST_TEST(fs::file_size(place.files("hints-").at(0)) < MiB);
    const Thing other = thing(2, 1000);
    BOOST_TEST((keep(cache, other) == DiskCache::Kept::yes));
    BOOST_TEST(wrong_with(cache, other) == "");
    BOOST_TEST(is_there(cache, {one.key, one.etag, one.bytes}) == false);
    BOOST_TEST(cache.find(one.name(), 20 * KiB).has_value());
}

BOOST_AUTO_TEST_CASE(an_object_that_came_with_and_without_bytes_is_not_mixed_up) {
    const Place place;
    DiskCache cache(place.rules());
    const Thing empty = thing(1, 0), full = thing(1, 100);  // a store that gives both one ETag
    BOOST_TEST((keep(cache, empty) == DiskCache::Kept::yes));
    BOOST_TEST(wrong_with(cache, empty) == "");
    BOOST_TEST((keep(cache, full) == DiskCache::Kept::yes));
    BOOST_TEST((cache.keep(full.name(), full.meta(), 90, full.bytes) == DiskCache::Kept::unfit));
}

BOOST_AUTO_TEST_SUITE_END()
