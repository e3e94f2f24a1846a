// What was read once, on a disk of this machine, for all of its processes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>

#include "core/cache/folder.hpp"
#include "core/cache/hints.hpp"
#include "core/cache/segment.hpp"

namespace s3pipes::cache {

struct DiskRules {
    std::string path;
    std::uint64_t limit_bytes = 0;    // of all of its files, never passed
    std::uint64_t segment_bytes = 0;  // 0: by the limit
    std::string boot = this_boot();   // which start of the machine this is

    static std::string this_boot();
};

// Nothing is evicted while a job runs: of data that is read once per epoch, in whatever order, what
// is kept is hit in each, and evicting would only lose it before it is read again.
//
// From any thread. No failure of the disk is an error of the reader's: it is a miss, and a warning.
// Whatever is found was held against its checksum; what proves wrong is removed, with its segment.
class DiskCache {
  public:
    // Throws Error{config}: the folder is not, or cannot become, a cache's.
    explicit DiskCache(DiskRules rules);

    // The bytes from that position on, as far as they are in one piece. Those of an object without
    // bytes are found at position 0.
    std::optional<Segment::Part> find(const ObjectName& name, std::uint64_t position);

    enum class Kept : std::uint8_t {
        yes,     // what was not there already
        unfit,   // it cannot be told from other versions, or is no part of such an object
        full,    // there is no room within the limit
        failed,  // the disk, or somebody holds what is needed
    };
    // Bytes that were verified, from that position of the object on.
    Kept keep(const ObjectName& name, const ObjectMeta& meta, std::uint64_t begin,
              std::span<const std::byte> bytes);
    // Lets others fill what this process has begun to fill.
    void rest();

    // After the machine was off, or where the table of hints was lost: looks at all that is there,
    // hints at it, and drops what is not whole. Does nothing otherwise.
    void recover();

    struct Figures {
        std::uint64_t limit_bytes = 0;
        std::uint64_t bytes = 0;    // of all files
        std::uint64_t records = 0;  // in them
        std::uint64_t filled = 0;   // bytes of segments that hold records
    };
    Figures figures();

  private:
    struct Writing {
        std::shared_ptr<Segment> segment;
        File file;
        Folder::Hold hold;
    };
    struct There {
        std::shared_ptr<Segment> segment;
        bool is_gone = false;  // for good
    };

    // Others hold byte 0 for moments; what is stopped may hold it for ever.
    static constexpr std::chrono::milliseconds patience{50};
    static constexpr std::chrono::milliseconds long_patience{5000};
    static constexpr std::uint64_t page = 4096;
    static constexpr const char* unfinished = "making";  // a file that has not got its name yet

    static bool is_ours(const std::string& name);
    static std::uint64_t segment_bytes_for(const DiskRules& rules) noexcept;
    void warn(const std::string& what) const;
    bool is_of_this_process() const noexcept;
    void begin(const Folder::Hold& hold);
    void write_head(std::uint64_t next_segment, bool recovered);
    std::uint64_t next_segment() const;
    std::shared_ptr<HintTable> newest_table();
    std::shared_ptr<HintTable> table();
    std::shared_ptr<HintTable> enlarge(const HintTable* full);  // under byte 0
    There segment(std::uint64_t number);
    void drop(std::uint64_t number);  // under byte 0
    void clear_out();                 // under byte 0: what is of no use, or beyond the limit
    void spoilt(std::uint64_t number);
    // Where the part ends that holds the position; nullopt: none does.
    std::optional<std::uint64_t> held_until(const ObjectName& name, std::uint64_t position,
                                            bool empty);
    std::uint64_t missing_until(const ObjectName& name, std::uint64_t begin, std::uint64_t end);
    Kept keep_missing(const ObjectName& name, const ObjectMeta& meta, std::uint64_t begin,
                      std::span<const std::byte> bytes);
    Kept keep_piece(const ObjectName& name, const ObjectMeta& meta, std::uint64_t begin,
                    std::span<const std::byte> bytes, std::uint64_t& kept);
    Kept add_hints(const ObjectName& name, ByteRange range, Hint hint,
                   std::chrono::milliseconds how_long);
    Kept find_room(std::uint64_t bytes);
    Kept make_room(std::uint64_t bytes);
    bool recovers_segment(std::uint64_t number, Segment& segment);

    const DiskRules rules_;
    const std::uint64_t segment_bytes_;
    const std::uint64_t generation_;
    Folder folder_;
    std::uint64_t cache_ = 0;  // its number
    std::atomic<bool> recovers_{false};

    std::shared_mutex mutex_;  // of the two below
    std::shared_ptr<HintTable> table_;
    std::map<std::uint64_t, std::shared_ptr<Segment>> segments_;  // null: is no more

    std::mutex writing_mutex_;
    std::optional<Writing> writing_;
    // Nothing of such a size had room lately; it is looked at anew now and then.
    std::atomic<std::uint64_t> too_large_{UINT64_MAX};
    std::atomic<std::int64_t> full_since_ms_{0};
};

}  // namespace s3pipes::cache
