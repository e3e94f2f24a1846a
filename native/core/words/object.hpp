// What is known of an object, and which of its bytes are meant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace s3pipes {

// No store has larger objects, S3's end at 50 TB: a peer that tells of one is not believed. Below
// it sizes can be added and rounded without a thought of overflow.
inline constexpr std::uint64_t largest_object_bytes = std::uint64_t{1} << 46;

// Bytes [begin, end) of an object.
struct ByteRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;  // exclusive

    constexpr std::uint64_t size() const noexcept { return end - begin; }
    constexpr bool empty() const noexcept { return end <= begin; }
    constexpr bool operator==(const ByteRange&) const noexcept = default;
};

// "W/..." promises an equal meaning, not equal bytes: no condition can be made of it.
constexpr bool is_weak_etag(std::string_view etag) noexcept {
    return etag.starts_with("W/");
}

struct ObjectMeta {
    std::uint64_t size = 0;  // of the whole object, in bytes
    std::string etag;        // as the server wrote it, quotes included; empty if it gave none
    std::int64_t last_modified = 0;  // seconds since 1970 UTC; 0 where unknown
};

struct ListedObject {
    std::string key;  // raw UTF-8, already decoded
    ObjectMeta meta;
};

struct ListPage {
    std::vector<ListedObject> objects;
    std::string next_token;  // empty on the last page
};

}  // namespace s3pipes
