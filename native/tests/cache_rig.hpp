// A cache's folder for a test, things to keep in it, and processes beside it.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include "core/cache/disk_cache.hpp"
#include "core/words/error.hpp"

namespace s3pipes::test {

using namespace s3pipes::cache;
namespace fs = std::filesystem;

constexpr std::uint64_t KiB = 1 << 10;
constexpr std::uint64_t MiB = 1 << 20;

inline std::vector<std::byte> noise(std::uint64_t size, std::uint64_t seed) {
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

inline Thing thing(int number, std::uint64_t size) {
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

inline DiskCache::Kept keep(DiskCache& cache, const Thing& what) {
    return cache.keep(what.name(), what.meta(), 0, what.bytes);
}

// "" where the cache gives all of it, and nothing else.
inline std::string wrong_with(DiskCache& cache, const Thing& what) {
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

inline bool is_there(DiskCache& cache, const Thing& what) {
    const std::string wrong = wrong_with(cache, what);
    BOOST_TEST((wrong.empty() || wrong.find("nothing at") != wrong.npos), wrong);
    return wrong.empty();
}

inline void overwrite(const fs::path& file, std::uint64_t at, const std::string& with) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(at));
    stream << with;
}

inline void fill_with_noise(const fs::path& file, std::uint64_t seed) {
    const auto bytes = noise(fs::file_size(file), seed);
    overwrite(file, 0, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

inline std::string refusal(const DiskRules& rules) {
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

inline void ends_well(pid_t child) {
    int status = -1;
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
}

}  // namespace s3pipes::test
