// How a DiskCache finds again what is on the disk.
#include <exception>
#include <utility>

#include "core/cache/disk_cache.hpp"

namespace s3pipes::cache {

void DiskCache::recover() {
    if (!is_of_this_process() || !recovers_.exchange(false)) return;
    try {
        bool all = true;
        for (const std::string& name : folder_.names()) {
            const auto number = Segment::number_in(name);
            const auto found = number ? segment(*number).segment : nullptr;
            if (found) all = recovers_segment(*number, *found) && all;
        }
        if (!all) return;  // another process may have more luck
        if (const auto hold = folder_.hold_all(long_patience)) write_head(next_segment(), true);
    } catch (const std::exception& failure) {
        warn(failure.what());
    }
}

// False: nobody knows.
bool DiskCache::recovers_segment(std::uint64_t number, Segment& segment) {
    using Sound = Segment::Sound;
    Sound sound = Sound::yes;
    Kept hinted = Kept::yes;
    const bool walked =
        segment.walk([&](std::uint64_t offset, const RecordHead& head, const ObjectName& name) {
            sound = segment.is_sound(offset, head);
            if (sound == Sound::yes)
                hinted = add_hints(name, head.range(), {static_cast<std::uint32_t>(number), offset},
                                   long_patience);
            return sound == Sound::yes && hinted == Kept::yes;
        });
    if (walked) return true;
    if (sound == Sound::unknown || hinted == Kept::failed) return false;
    spoilt(number);  // or it has no place in the table: its room is better used
    return true;
}

DiskCache::Figures DiskCache::figures() {
    Figures figures;
    figures.limit_bytes = rules_.limit_bytes;
    figures.bytes = folder_.bytes();
    for (const std::string& name : folder_.names()) {
        const auto number = Segment::number_in(name);
        const auto found = number ? segment(*number).segment : nullptr;
        if (!found) continue;
        figures.filled += found->tail() - Segment::head_bytes;
        found->walk([&](std::uint64_t, const RecordHead&, const ObjectName&) {
            return ++figures.records != 0;
        });
    }
    return figures;
}

}  // namespace s3pipes::cache
