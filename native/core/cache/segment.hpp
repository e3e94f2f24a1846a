// One file of records, one behind the other.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/cache/file.hpp"
#include "core/cache/record.hpp"
#include "core/memory/view.hpp"

namespace s3pipes::cache {

// What stands before its tail never changes as long as the file lives; what stands behind it does
// not exist. So readers need no lock, a writer that dies leaves nothing behind, and a view stays
// what it is. Space comes back only with the whole file.
//
// Its number is never given to another one.
class Segment : public std::enable_shared_from_this<Segment> {
  public:
    static constexpr std::uint64_t head_bytes = 4096;

    // Under a name that nobody looks for, until it is renamed. Throws std::system_error: the disk
    // is full, or broken.
    static std::shared_ptr<Segment> create(int directory, const std::string& name,
                                           std::uint64_t cache, std::uint64_t number,
                                           std::uint64_t bytes);
    // Null where it is none of that cache's. Throws std::system_error, ENOENT where there is none.
    static std::shared_ptr<Segment> open(int directory, std::uint64_t cache, std::uint64_t number);
    // False: what has its name is another cache's, or nothing that can be used. True where nobody
    // can tell.
    static bool may_belong(int directory, std::uint64_t cache, std::uint64_t number) noexcept;
    static std::string name_of(std::uint64_t number);
    static std::optional<std::uint64_t> number_in(const std::string& name);

    std::uint64_t number() const noexcept { return number_; }
    bool writable() const noexcept { return writable_; }
    bool is_in(const File& file) const noexcept;  // and not in another one of the same name
    std::uint64_t size() const noexcept { return mapping_.size(); }
    std::uint64_t tail() const noexcept;
    std::uint64_t room() const noexcept { return size() - tail(); }

    // For its one writer, who has opened its file: a record behind the tail, which nobody sees
    // before commit(). Throws std::system_error; there must be room.
    struct Place {
        std::uint64_t offset = 0;
        std::uint64_t ends_at = 0;
    };
    Place append(const File& file, const ObjectName& name, const ObjectMeta& meta,
                 std::uint64_t begin, std::span<const std::byte> bytes);
    void commit(const Place& place) noexcept;

    struct Part {
        ObjectMeta meta;
        ByteRange range;  // of the object
        View bytes;       // read-only, and there
    };
    enum class Look : std::uint8_t {
        other,   // no record of that name and position begins there
        found,   // and its bytes are what they were
        spoilt,  // they are not, or the disk does not give them
    };
    Look look(std::uint64_t offset, const ObjectName& name, std::uint64_t position, Part& part);
    // What of the object lies there, as it seems: its bytes are not looked at.
    std::optional<ByteRange> seems(std::uint64_t offset, const ObjectName& name) const noexcept;

    // Each record before the tail, until `see` returns false. False also where something else
    // comes. Of its bytes nothing is seen.
    bool walk(const std::function<bool(std::uint64_t offset, const RecordHead&, const ObjectName&)>&
                  see) const;
    // Whether the bytes of the one there are what they were; `unknown`: not now.
    enum class Sound : std::uint8_t { yes, no, unknown };
    Sound is_sound(std::uint64_t offset, const RecordHead& head) const noexcept;

    Segment(const File& file, std::uint64_t number, std::uint64_t mark, bool writable);

  private:
    // nullopt: none that is of that name (null: of any) and before the tail.
    struct Record {
        RecordHead head;
        ObjectName name;
    };
    std::optional<Record> record_at(std::uint64_t offset, std::uint64_t until,
                                    const ObjectName* name) const noexcept;
    std::span<const std::byte> from(std::uint64_t offset, std::uint64_t until) const noexcept;

    const std::uint64_t number_;
    const std::uint64_t mark_;  // that its records bear
    const bool writable_;
    const Mapping mapping_;  // all of it, to read
    Mapping head_;           // its first page, for the tail; to write, where that is allowed
    std::shared_ptr<Buffer> whole_;
};

}  // namespace s3pipes::cache
