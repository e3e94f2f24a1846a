// The bytes of a part of an object as they stand in a segment, and what they say of themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/words/object.hpp"

namespace s3pipes::cache {

// One version of one object. Two that differ in anything have different names.
struct ObjectName {
    std::string_view store;  // where it is: endpoint and bucket
    std::string_view key;
    std::string_view etag;

    bool operator==(const ObjectName&) const noexcept = default;
};

// A record is this head, the name's three texts, and the bytes, each padded to `alignment`. Numbers
// are little-endian, as they are on every machine that this runs on.
struct RecordHead {
    std::uint64_t check = 0;    // of the rest of the head and of the name
    std::uint64_t segment = 0;  // its mark, which no object's bytes can know
    std::uint64_t begin = 0;    // of the bytes, in the object
    std::uint64_t bytes = 0;
    std::uint64_t bytes_check = 0;
    std::uint64_t object_bytes = 0;
    std::int64_t last_modified = 0;
    std::uint16_t store_bytes = 0;
    std::uint16_t key_bytes = 0;
    std::uint16_t etag_bytes = 0;
    std::uint16_t unused = 0;

    std::size_t name_bytes() const noexcept {
        return std::size_t{store_bytes} + key_bytes + etag_bytes;
    }
    std::uint64_t bytes_at() const noexcept;  // from the record's first byte on
    std::uint64_t ends_at() const noexcept;   // where the next one begins
    ByteRange range() const noexcept { return {begin, begin + bytes}; }
    bool may_be_of(const ObjectName& name) const noexcept {
        return store_bytes == name.store.size() && key_bytes == name.key.size() &&
               etag_bytes == name.etag.size();
    }
};
static_assert(sizeof(RecordHead) == 64);

constexpr std::uint64_t record_alignment = 64;

constexpr std::uint64_t padded(std::uint64_t bytes) noexcept {
    return (bytes + record_alignment - 1) / record_alignment * record_alignment;
}

inline std::uint64_t RecordHead::bytes_at() const noexcept {
    return padded(sizeof(RecordHead) + name_bytes());
}
inline std::uint64_t RecordHead::ends_at() const noexcept {
    return bytes_at() + padded(bytes);
}

// Bytes that a record takes beside those of the object.
std::uint64_t overhead_of(const ObjectName& name) noexcept;
// Of which no record can be made: without a strong ETag it could not be told from another version.
bool can_be_named(const ObjectName& name) noexcept;

// All of a record that stands before the object's bytes.
std::vector<std::byte> preface_of(const ObjectName& name, const ObjectMeta& meta,
                                  std::uint64_t segment_mark, std::uint64_t begin,
                                  std::span<const std::byte> bytes);

// What is found at some place of a segment, which may hold anything. `from`: the segment from the
// place on. nullopt: no record of that segment begins here.
std::optional<RecordHead> read_head(std::span<const std::byte> from,
                                    std::uint64_t segment_mark) noexcept;
// Of one whose head is that. The texts lie in the segment's memory.
std::optional<ObjectName> read_name(std::span<const std::byte> from,
                                    const RecordHead& head) noexcept;

std::uint64_t check_of(std::span<const std::byte> bytes) noexcept;

// By which the parts of an object are found, of whatever version: all that lie in the same cell of
// it have the same. Never 0.
constexpr std::uint64_t cell_bytes = 1 << 20;
std::uint64_t hint_key(const ObjectName& name, std::uint64_t cell) noexcept;

}  // namespace s3pipes::cache
