// What a cache on disk keeps, and what it does when somebody dies or the disk lies.
#include "core/cache/disk_cache.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/words/error.hpp"

using namespace s3pipes;
using namespace s3pipes::cache;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t KiB = 1 << 10;
constexpr std::uint64_t MiB = 1 << 20;

std::vector<std::byte> noise(std::uint64_t size, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::byte> bytes(size);
    for (auto& one : bytes) one = static_cast<std::byte>(random());
    return bytes;
}

struct Thing {
    std::string key;
    std::string etag = "\"v1\"";
    std::vector<std::byte> bytes;

    ObjectName name() const { return {"http://here/bucket", key, etag}; }
    ObjectMeta meta() const { return {bytes.size(), etag, 7}; }
};

Thing thing(int number, std::uint64_t size) {
    return {"key-" + std::to_string(number), "\"v1\"",
            noise(size, static_cast<std::uint64_t>(number))};
}

struct Place {
    fs::path root;
    fs::path path;

    Place() {
        std::string pattern = (fs::temp_directory_path() / "s3pipes-cache-XXXXXX").string();
        root = ::mkdtemp(pattern.data());
        path = root / "cache";
    }
    ~Place() {
        std::error_code ignored;
        fs::remove_all(root, ignored);
    }

    DiskRules rules(std::uint64_t limit = 64 * MiB, std::uint64_t segment = 0) const {
        return {path.string(), limit, segment};
    }
    std::vector<fs::path> files(const std::string& prefix) const {
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(path))
            if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
        return found;
    }
    std::uint64_t bytes() const {
        std::uint64_t sum = 0;
        for (const auto& entry : fs::directory_iterator(path)) {
            std::error_code gone;
            const std::uint64_t size = entry.file_size(gone);
            if (!gone) sum += size;
        }
        return sum;
    }
};

DiskCache::Kept keep(DiskCache& cache, const Thing& what) {
    return cache.keep(what.name(), what.meta(), 0, what.bytes);
}

// "" where the cache gives all of it, and nothing else.
std::string wrong_with(DiskCache& cache, const Thing& what) {
    std::uint64_t at = 0;
    do {
        const auto part = cache.find(what.name(), at);
        if (!part) return what.key + ": nothing at " + std::to_string(at);
        if (part->meta.size != what.bytes.size() || part->meta.etag != what.etag)
            return what.key + ": it says something else of the object";
        if (part->range.begin > at || (part->range.end <= at && !what.bytes.empty()) ||
            part->range.end > what.bytes.size())
            return what.key + ": a range that was not asked for";
        if (part->bytes.size() != part->range.size() ||
            (!part->bytes.empty() &&
             std::memcmp(part->bytes.data(), what.bytes.data() + part->range.begin,
                         part->bytes.size()) != 0))
            return what.key + ": other bytes at " + std::to_string(at);
        at = part->range.end;
    } while (at < what.bytes.size());
    return "";
}

bool is_there(DiskCache& cache, const Thing& what) {
    const std::string wrong = wrong_with(cache, what);
    BOOST_TEST((wrong.empty() || wrong.find("nothing at") != wrong.npos), wrong);
    return wrong.empty();
}

void overwrite(const fs::path& file, std::uint64_t at, const std::string& with) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(at));
    stream << with;
}

void fill_with_noise(const fs::path& file, std::uint64_t seed) {
    const auto bytes = noise(fs::file_size(file), seed);
    overwrite(file, 0, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string refusal(const DiskRules& rules) {
    try {
        DiskCache cache(rules);
    } catch (const Error& error) {
        BOOST_TEST((error.kind == ErrorKind::config));
        BOOST_TEST(error.message.find(rules.path) != error.message.npos);
        BOOST_TEST(error.message.find('\n') == error.message.npos);
        return error.message;
    }
    return "";
}

template <typename Does>
pid_t in_child(Does does) {
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            does();
        } catch (...) {
            ::_exit(99);
        }
        ::_exit(0);
    }
    return child;
}

void ends_well(pid_t child) {
    int status = -1;
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
}

}  // namespace

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

BOOST_AUTO_TEST_CASE(eight_writers_pass_no_limit) {
    const Place place;
    const std::uint64_t limit = 20 * MiB;
    std::vector<Thing> things;
    for (int i = 0; i < 400; ++i) things.push_back(thing(i, 100 * KiB));
    std::vector<pid_t> children;
    for (unsigned seed = 0; seed < 8; ++seed)
        children.push_back(in_child([&] {
            DiskCache cache(place.rules(limit, 2 * MiB));
            std::mt19937 random(seed);
            for (std::size_t i = 0; i < things.size(); ++i) {
                keep(cache, things[(i + 50 * seed) % things.size()]);
                if (place.bytes() > limit) ::_exit(2);
                // Others' may be there or not, but are never wrong.
                const std::string wrong = wrong_with(cache, things[random() % things.size()]);
                if (!wrong.empty() && wrong.find("nothing at") == wrong.npos) ::_exit(4);
            }
        }));
    for (const pid_t child : children) ends_well(child);
    DiskCache cache(place.rules(limit, 2 * MiB));
    std::uint64_t kept = 0;
    for (const Thing& one : things) kept += keep(cache, one) == DiskCache::Kept::yes;
    BOOST_TEST(kept > 150u);
    BOOST_TEST(place.bytes() <= limit);
    // Two that came at the same moment may have kept the same one.
    BOOST_TEST(cache.figures().records < kept + 10);
}

BOOST_AUTO_TEST_CASE(eight_writers_of_different_things_lose_none_while_the_table_grows) {
    const Place place;
    std::vector<Thing> things;
    for (int i = 0; i < 12'000; ++i) things.push_back(thing(i, 30));
    const auto rules = place.rules(128 * MiB, 2 * MiB);
    std::vector<pid_t> children;
    for (unsigned seed = 0; seed < 8; ++seed)
        children.push_back(in_child([&] {
            DiskCache cache(rules);
            for (std::size_t i = seed; i < things.size(); i += 8)
                for (int tries = 0; keep(cache, things[i]) != DiskCache::Kept::yes; ++tries)
                    if (tries == 100) ::_exit(1);
        }));
    for (const pid_t child : children) ends_well(child);
    DiskCache cache(rules);
    for (const Thing& one : things) BOOST_REQUIRE_EQUAL(wrong_with(cache, one), "");
    BOOST_TEST(cache.figures().records == things.size());
}

// Two processes write; one of them is killed again and again.
BOOST_AUTO_TEST_CASE(who_is_killed_leaves_nothing_wrong_and_takes_no_room) {
    const Place place;
    const std::uint64_t limit = 24 * MiB;
    std::vector<Thing> things;
    for (int i = 0; i < 180; ++i) things.push_back(thing(i, 100 * KiB));
    std::mt19937 random(1);
    for (int round = 0; round < 60; ++round) {
        const pid_t child = in_child([&] {
            DiskCache cache(place.rules(limit, 4 * MiB));
            for (unsigned i = static_cast<unsigned>(round);; ++i)
                keep(cache, things[i * 7 % things.size()]);
        });
        DiskCache cache(place.rules(limit, 4 * MiB));
        const unsigned looks = random() % 40;
        for (unsigned i = 0; i < looks; ++i) {
            is_there(cache, things[random() % things.size()]);
            if (round % 3 == 0) keep(cache, things[random() % things.size()]);
        }
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        BOOST_REQUIRE_LE(place.bytes(), limit);
    }
    // All of it fits, and so all of it is there at last: no room was lost.
    DiskCache cache(place.rules(limit, 4 * MiB));
    for (const Thing& one : things) {
        BOOST_TEST((keep(cache, one) == DiskCache::Kept::yes));
        BOOST_TEST(wrong_with(cache, one) == "");
    }
    const auto figures = cache.figures();
    BOOST_TEST(figures.filled < things.size() * 103 * KiB);
}

// What a parent has open is no child's: neither its locks nor what it writes.
BOOST_AUTO_TEST_CASE(a_child_does_not_write_where_its_parent_does) {
    const Place place;
    const auto rules = place.rules(64 * MiB, 4 * MiB);
    const Thing first = thing(1, 1000), second = thing(2, 2000), third = thing(3, 3000);
    auto cache = std::make_unique<DiskCache>(rules);
    BOOST_TEST((keep(*cache, first) == DiskCache::Kept::yes));
    ends_well(in_child([&] {
        if (keep(*cache, second) != DiskCache::Kept::failed) ::_exit(1);
        if (cache->find(first.name(), 0)) ::_exit(2);
        cache.reset();
        DiskCache own(rules);  // its own: into another segment
        if (keep(own, second) != DiskCache::Kept::yes) ::_exit(3);
        if (!wrong_with(own, first).empty()) ::_exit(4);
    }));
    BOOST_TEST(place.files("segment-").size() == 2u);
    BOOST_TEST((keep(*cache, third) == DiskCache::Kept::yes));
    for (const Thing& one : {first, second, third}) BOOST_TEST(wrong_with(*cache, one) == "");
    // A parent that is killed leaves no lock with its child.
    const pid_t parent = in_child([&] {
        DiskCache own(rules);
        keep(own, thing(4, 1000));
        if (::fork() == 0) {
            ::signal(SIGALRM, SIG_DFL);
            ::alarm(20);
            for (;;) ::pause();
        }
        ::kill(::getpid(), SIGKILL);
    });
    ::waitpid(parent, nullptr, 0);
    cache->rest();
    DiskCache later(rules);
    for (int i = 10; i < 130; ++i)
        BOOST_TEST((keep(later, thing(i, 60 * KiB)) == DiskCache::Kept::yes));
    BOOST_TEST(place.files("segment-").size() == 2u);  // both were filled first
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

BOOST_AUTO_TEST_CASE(an_object_that_came_with_and_without_bytes_is_not_mixed_up) {
    const Place place;
    DiskCache cache(place.rules());
    const Thing empty = thing(1, 0), full = thing(1, 100);  // a store that gives both one ETag
    BOOST_TEST((keep(cache, empty) == DiskCache::Kept::yes));
    BOOST_TEST(wrong_with(cache, empty) == "");
    BOOST_TEST((keep(cache, full) == DiskCache::Kept::yes));
    BOOST_TEST((cache.keep(full.name(), full.meta(), 90, full.bytes) == DiskCache::Kept::unfit));
}

BOOST_AUTO_TEST_CASE(threads_read_while_two_write) {
    const Place place;
    DiskCache cache(place.rules(64 * MiB, 4 * MiB));
    std::vector<Thing> things;
    for (int i = 0; i < 200; ++i) things.push_back(thing(i, 100 * KiB));
    std::atomic<bool> over{false};
    std::vector<std::thread> readers;
    std::atomic<int> wrong{0};
    for (unsigned seed = 0; seed < 3; ++seed)
        readers.emplace_back([&, seed] {
            std::mt19937 random(seed);
            while (!over) {
                const std::string what = wrong_with(cache, things[random() % things.size()]);
                if (!what.empty() && what.find("nothing at") == what.npos) ++wrong;
            }
        });
    std::thread beside([&] {
        for (std::size_t i = 0; i < 100; ++i) keep(cache, things[i]);
    });
    for (std::size_t i = 200; i-- > 60;) keep(cache, things[i]);
    beside.join();
    over = true;
    for (auto& reader : readers) reader.join();
    BOOST_TEST(wrong == 0);
    for (const Thing& one : things) BOOST_TEST(wrong_with(cache, one) == "");
}

BOOST_AUTO_TEST_SUITE_END()
