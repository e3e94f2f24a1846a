// How a DiskCache keeps bytes, and where it finds room for them.
#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <utility>
#include <vector>

#include "core/cache/disk_cache.hpp"
#include "core/cache/lock_head.hpp"

namespace s3pipes::cache {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t MiB = 1 << 20;
constexpr std::uint64_t least_segment = 64 << 10;  // the last one takes what is left
constexpr std::uint64_t uncut_bytes = MiB;         // so much stays in one piece
constexpr std::int64_t look_again_ms = 1000;

std::int64_t now_ms() noexcept {
    return std::chrono::duration_cast<milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

std::optional<std::uint64_t> DiskCache::held_until(const ObjectName& name, std::uint64_t position,
                                                   bool empty) {
    const auto hints = table();
    if (!hints) return std::nullopt;
    std::optional<std::uint64_t> until;
    hints->find(hint_key(name, position / cell_bytes), [&](Hint hint) {
        using Verdict = HintTable::Verdict;
        const auto [there, is_gone] = segment(hint.segment);
        if (!there) return is_gone ? Verdict::forget : Verdict::go_on;
        const auto range = there->seems(hint.offset, name);
        const bool covers = range && position >= range->begin && position < range->end;
        if (!covers && !(empty && range && range->end == 0)) return Verdict::go_on;
        until = range->end;
        return Verdict::taken;
    });
    return until;
}

// Where, within the range, the next part begins that is there already, as far as cells tell.
std::uint64_t DiskCache::missing_until(const ObjectName& name, std::uint64_t begin,
                                       std::uint64_t end) {
    for (std::uint64_t at = (begin / cell_bytes + 1) * cell_bytes; at < end; at += cell_bytes)
        if (held_until(name, at, false)) return at;
    return end;
}

DiskCache::Kept DiskCache::keep(const ObjectName& name, const ObjectMeta& meta, std::uint64_t begin,
                                std::span<const std::byte> bytes) {
    if (!is_of_this_process()) return Kept::failed;
    const bool fits = meta.size <= largest_object_bytes && begin <= meta.size &&
                      bytes.size() <= meta.size - begin && (!bytes.empty() || meta.size == 0);
    if (!fits || !can_be_named(name)) return Kept::unfit;
    const std::lock_guard lock(writing_mutex_);
    try {
        return keep_missing(name, meta, begin, bytes);
    } catch (const std::system_error& failure) {
        warn(failure.code().message());
    } catch (const std::exception& failure) {
        warn(failure.what());
    }
    writing_.reset();
    return Kept::failed;
}

DiskCache::Kept DiskCache::keep_missing(const ObjectName& name, const ObjectMeta& meta,
                                        std::uint64_t begin, std::span<const std::byte> bytes) {
    const std::uint64_t end = begin + bytes.size();
    std::uint64_t at = begin;
    do {
        if (const auto until = held_until(name, at, bytes.empty())) {
            at = std::max(at, *until);
            continue;
        }
        const std::uint64_t until = missing_until(name, at, end);
        const auto piece = bytes.subspan(static_cast<std::size_t>(at - begin),
                                         static_cast<std::size_t>(until - at));
        std::uint64_t kept = 0;
        if (const Kept how = keep_piece(name, meta, at, piece, kept); how != Kept::yes) return how;
        at += kept;
    } while (at < end);
    return Kept::yes;
}

DiskCache::Kept DiskCache::keep_piece(const ObjectName& name, const ObjectMeta& meta,
                                      std::uint64_t begin, std::span<const std::byte> bytes,
                                      std::uint64_t& kept) {
    const std::uint64_t overhead = overhead_of(name);
    const std::uint64_t least =
        overhead + padded(std::min<std::uint64_t>(bytes.size(), uncut_bytes));
    if (least >= too_large_ && now_ms() - full_since_ms_ < look_again_ms) return Kept::full;
    const bool fits =
        writing_ && writing_->segment->room() >= least && !writing_->file.is_removed();
    if (!fits)
        if (const Kept how = find_room(least); how != Kept::yes) return how;
    Segment& segment = *writing_->segment;
    const std::uint64_t room = segment.room() - overhead;
    const auto piece =
        bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), room)));
    const auto place = segment.append(writing_->file, name, meta, begin, piece);
    const Hint hint{static_cast<std::uint32_t>(segment.number()), place.offset};
    // First the hints: whoever dies between the two leaves nothing that nobody finds.
    const ByteRange range{begin, begin + piece.size()};
    if (const Kept how = add_hints(name, range, hint, patience); how != Kept::yes) return how;
    segment.commit(place);
    kept = piece.size();
    return Kept::yes;
}

DiskCache::Kept DiskCache::add_hints(const ObjectName& name, ByteRange range, Hint hint,
                                     milliseconds how_long) {
    const std::uint64_t last = range.empty() ? range.begin : range.end - 1;
    for (;;) {
        const auto hints = table();
        if (!hints || !hints->writable()) return Kept::failed;
        bool added = !hints->superseded();
        std::uint64_t key = 0;
        for (std::uint64_t cell = range.begin / cell_bytes; added && cell <= last / cell_bytes;
             ++cell)
            added = hints->add(key = hint_key(name, cell), hint);
        if (added && !hints->superseded() && !hints->is_removed()) return Kept::yes;
        if (!added && key != 0 && hints->is_crowded_by(key)) return Kept::full;
        const auto hold = folder_.hold_all(how_long);
        if (!hold) return Kept::failed;
        auto larger = newest_table();  // another process may have made it
        if (!larger) return Kept::failed;
        if (larger->edition() <= hints->edition()) {
            hints->supersede();
            larger = nullptr;
            try {
                larger = enlarge(hints.get());
            } catch (...) {
                hints->supersede(false);
                throw;
            }
            if (!larger) {
                hints->supersede(false);
                too_large_ = 0;
                full_since_ms_ = now_ms();
                return Kept::full;
            }
        }
        const std::unique_lock lock(mutex_);
        table_ = std::move(larger);
    }
}

// In a segment that nobody writes now, or in a new one.
DiskCache::Kept DiskCache::find_room(std::uint64_t bytes) {
    writing_.reset();
    std::vector<std::uint64_t> numbers;
    for (const std::string& name : folder_.names())
        if (const auto number = Segment::number_in(name)) numbers.push_back(*number);
    {
        // What others have removed gives its room back when nobody maps it any more.
        const std::unique_lock lock(mutex_);
        for (auto& [number, mapped] : segments_)
            if (std::find(numbers.begin(), numbers.end(), number) == numbers.end())
                mapped = nullptr;
    }
    for (const std::uint64_t number : numbers) {
        const auto found = segment(number).segment;
        if (!found || !found->writable() || found->room() < bytes) continue;
        auto hold = folder_.try_hold(number);
        if (!hold || found->room() < bytes) continue;
        File file = File::open_in(folder_.directory(), Segment::name_of(number), true);
        if (!file || !found->is_in(file)) continue;
        writing_.emplace(Writing{found, std::move(file), std::move(*hold)});
        return Kept::yes;
    }
    const Kept how = make_room(bytes);
    if (how == Kept::full) {
        too_large_ = bytes;
        full_since_ms_ = now_ms();
    }
    return how;
}

DiskCache::Kept DiskCache::make_room(std::uint64_t bytes) {
    const auto hold = folder_.hold_all(patience);
    if (!hold) return Kept::failed;
    const auto size_left = [&] {
        const std::uint64_t used = folder_.bytes();
        const std::uint64_t left = rules_.limit_bytes - std::min(used, rules_.limit_bytes);
        return std::min(segment_bytes_, left / page * page);
    };
    const auto is_enough = [&](std::uint64_t size) {
        return size >= least_segment && size - Segment::head_bytes >= bytes;
    };
    std::uint64_t size = size_left();
    if (!is_enough(size)) {
        folder_.remove(unfinished);  // somebody has died over it
        clear_out();
        if (!is_enough(size = size_left())) return Kept::full;
    }
    const std::uint64_t number = next_segment();
    if (number > std::numeric_limits<std::uint32_t>::max()) return Kept::full;
    const auto head = LockHead::read(folder_.lock_file());
    write_head(number + 1, head && head->is_sound() && head->recovered == 1);
    auto writes = folder_.try_hold(number);
    if (!writes) return Kept::failed;
    folder_.remove(unfinished);
    std::shared_ptr<Segment> made;
    try {
        made = Segment::create(folder_.directory(), unfinished, cache_, number, size);
        folder_.rename(unfinished, Segment::name_of(number));
    } catch (const std::system_error&) {
        folder_.remove(unfinished);
        throw;
    }
    File file = File::open_in(folder_.directory(), Segment::name_of(number), true);
    if (!file) throw_errno("open");
    {
        const std::unique_lock lock(mutex_);
        segments_[number] = made;
    }
    writing_.emplace(Writing{std::move(made), std::move(file), std::move(*writes)});
    return Kept::yes;
}

void DiskCache::rest() {
    if (!is_of_this_process()) return;
    const std::lock_guard lock(writing_mutex_);
    writing_.reset();
}

}  // namespace s3pipes::cache
