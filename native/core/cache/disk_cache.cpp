#include "core/cache/disk_cache.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <fstream>
#include <limits>
#include <utility>
#include <vector>

#include "core/cache/format.hpp"
#include "core/words/error.hpp"
#include "core/words/events.hpp"
#include "core/words/generation.hpp"

namespace s3pipes::cache {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t MiB = 1 << 20;
constexpr std::uint64_t largest_segment = 256 * MiB;
constexpr std::uint64_t smallest_segment = 8 * MiB;
constexpr std::uint64_t segments_in_all = 64;
constexpr std::uint64_t page = 4096;
constexpr std::uint64_t least_segment = 64 << 10;  // the last one takes what is left
constexpr std::uint64_t uncut_bytes = MiB;         // so much stays in one piece
constexpr std::uint64_t fewest_slots = 1 << 12;
constexpr std::uint64_t bytes_per_slot = 64 << 10;
constexpr std::uint64_t most_first_slots = 1 << 20;
constexpr milliseconds patience{50};
constexpr milliseconds long_patience{5000};
constexpr std::int64_t look_again_ms = 1000;
constexpr const char* unfinished = "making";

// Of the lock file. Who writes it holds byte 0.
struct Head {
    Stamp stamp;
    std::array<char, 40> boot{};
    std::uint64_t next_segment = 1;
    std::uint64_t recovered = 0;  // 1: hints lead to all that is there
    std::uint64_t check = 0;
};

void set_boot(Head& head, const std::string& boot) {
    head.boot.fill('\0');
    boot.copy(head.boot.data(), head.boot.size());
}

std::uint64_t check_of_head(const Head& head) noexcept {
    return check_of(std::as_bytes(std::span(&head, 1)).first(offsetof(Head, check)));
}

std::optional<Head> read_head(const File& file) noexcept {
    Head head;
    try {
        file.read_at(0, std::as_writable_bytes(std::span(&head, 1)));
    } catch (const std::system_error&) {
        return std::nullopt;
    }
    return head;
}

bool is_sound(const Head& head) noexcept {
    return head.stamp == Stamp::of(head.stamp.cache) && head.check == check_of_head(head);
}

bool is_ours(const std::string& name) {
    return Segment::number_in(name) || HintTable::edition_in(name) || name == unfinished;
}

std::int64_t now_ms() noexcept {
    return std::chrono::duration_cast<milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::uint64_t segment_bytes_for(const DiskRules& rules) noexcept {
    if (rules.segment_bytes != 0) return rules.segment_bytes / page * page;
    const std::uint64_t wanted = rules.limit_bytes / segments_in_all;
    return std::clamp(wanted, smallest_segment, largest_segment) / page * page;
}

void warn(const std::string& path, const std::string& what) {
    Events& events = Events::here();
    if (events.first(path + what))
        events.add(Level::warning,
                   "the cache in " + path + ": " + what + "; what it lacks is read from the store");
}

}  // namespace

std::string DiskRules::this_boot() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string boot;
    std::getline(file, boot);
    return boot;
}

DiskCache::DiskCache(DiskRules rules)
    : rules_(std::move(rules)),
      segment_bytes_(segment_bytes_for(rules_)),
      generation_(process_generation()),
      folder_(rules_.path, &is_ours) {
    const auto hold = folder_.hold_all(long_patience);
    if (!hold && folder_.writable())
        throw Error(ErrorKind::config, "the cache folder " + rules_.path +
                                           " is held by another process, which does not let go");
    const auto head = read_head(folder_.lock_file());
    if (head && head->stamp.magic == Stamp::of(0).magic && head->stamp.format > format)
        throw Error(ErrorKind::config, "the cache folder " + rules_.path +
                                           " was written by a newer s3pipes: name another one, or "
                                           "remove it");
    try {
        if (hold) {
            begin(*hold);
        } else if (head && is_sound(*head)) {  // nothing can be written
            cache_ = head->stamp.cache;
            table_ = newest_table();
        }
    } catch (const std::system_error& failure) {
        warn(rules_.path, failure.code().message());
    }
}

void DiskCache::begin(const Folder::Hold&) {
    const auto head = read_head(folder_.lock_file());
    bool other_boot = false;
    if (head && is_sound(*head)) {
        Head now = *head;
        set_boot(now, rules_.boot);
        other_boot = now.boot != head->boot;
        cache_ = head->stamp.cache;
        recovers_ = other_boot || head->recovered == 0;
    } else {
        cache_ = drawn();  // what is there is nobody's, and will be cleared out
    }
    folder_.remove(unfinished);
    clear_out();
    if (!other_boot) table_ = newest_table();  // who knows what the disk had got of it
    if (!table_) {
        for (const std::string& name : folder_.names())
            if (HintTable::edition_in(name)) folder_.remove(name);
        recovers_ = true;
    }
    write_head(next_segment(), !recovers_);
    if (table_ && table_->superseded()) {  // by somebody who died
        if (auto larger = enlarge(table_.get()))
            table_ = std::move(larger);
        else
            table_->supersede(false);
    }
    if (!table_) table_ = enlarge(nullptr);
}

bool DiskCache::is_of_this_process() const noexcept {
    return generation_ == process_generation();
}

void DiskCache::write_head(std::uint64_t next_segment, bool recovered) {
    Head head;
    head.stamp = Stamp::of(cache_);
    set_boot(head, rules_.boot);
    head.next_segment = next_segment;
    head.recovered = recovered ? 1 : 0;
    head.check = check_of_head(head);
    folder_.lock_file().write_at(0, std::as_bytes(std::span(&head, 1)));
}

std::uint64_t DiskCache::next_segment() const {
    std::uint64_t next = 1;
    const auto head = read_head(folder_.lock_file());
    if (head && is_sound(*head)) next = head->next_segment;
    for (const std::string& name : folder_.names())
        if (const auto number = Segment::number_in(name)) next = std::max(next, *number + 1);
    return next;
}

// Null where there is none. Throws std::system_error where nobody can tell.
std::shared_ptr<HintTable> DiskCache::newest_table() {
    std::uint64_t newest = 0;
    for (const std::string& name : folder_.names())
        if (const auto edition = HintTable::edition_in(name)) newest = std::max(newest, *edition);
    return newest == 0 ? nullptr : HintTable::open(folder_.directory(), cache_, newest);
}

std::shared_ptr<HintTable> DiskCache::table() {
    {
        const std::shared_lock lock(mutex_);
        if (!table_ || !table_->superseded()) return table_;
    }
    std::shared_ptr<HintTable> newest;
    try {
        newest = newest_table();
    } catch (const std::system_error&) {
        // The one that we have still leads to what was there.
    }
    const std::unique_lock lock(mutex_);
    if (newest && newest->edition() > table_->edition()) table_ = std::move(newest);
    return table_;
}

// Null: there is no room for a larger one.
std::shared_ptr<HintTable> DiskCache::enlarge(const HintTable* full) {
    std::uint64_t edition = 0;
    for (const std::string& name : folder_.names())
        edition = std::max(edition, HintTable::edition_in(name).value_or(0));
    std::uint64_t slots = fewest_slots;
    if (full == nullptr)
        while (slots < most_first_slots && slots < rules_.limit_bytes / bytes_per_slot) slots *= 2;
    else
        slots = 2 * full->slots();
    const auto keeps = [this](std::uint32_t number) { return !segment(number).is_gone; };
    for (;; slots *= 2) {
        folder_.remove(unfinished);
        if (folder_.bytes() + HintTable::bytes_of(slots) > rules_.limit_bytes) return nullptr;
        const auto made =
            HintTable::create(folder_.directory(), unfinished, cache_, edition + 1, slots);
        if (full != nullptr && !full->copy_into(*made, keeps)) continue;
        folder_.rename(unfinished, HintTable::name_of(edition + 1));
        for (const std::string& name : folder_.names())
            if (const auto old = HintTable::edition_in(name); old && *old <= edition)
                folder_.remove(name);
        return made;
    }
}

DiskCache::There DiskCache::segment(std::uint64_t number) {
    {
        const std::shared_lock lock(mutex_);
        const auto known = segments_.find(number);
        if (known != segments_.end()) return {known->second, known->second == nullptr};
    }
    std::shared_ptr<Segment> found;
    try {
        found = Segment::open(folder_.directory(), cache_, number);
        if (!found) return {};
    } catch (const std::system_error& failure) {
        if (failure.code().value() != ENOENT) {
            warn(rules_.path, failure.code().message());
            return {};
        }
    }
    const std::unique_lock lock(mutex_);
    const auto& kept = segments_.emplace(number, std::move(found)).first->second;
    return {kept, kept == nullptr};
}

void DiskCache::drop(std::uint64_t number) {
    folder_.remove(Segment::name_of(number));
    const std::unique_lock lock(mutex_);
    segments_[number] = nullptr;
}

void DiskCache::clear_out() {
    std::vector<std::uint64_t> numbers;
    for (const std::string& name : folder_.names())
        if (const auto number = Segment::number_in(name)) numbers.push_back(*number);
    std::sort(numbers.begin(), numbers.end());
    bool too_much = folder_.bytes() > rules_.limit_bytes;
    for (const std::uint64_t number : numbers) {
        if (!too_much && Segment::may_belong(folder_.directory(), cache_, number)) continue;
        drop(number);
        too_much = too_much && folder_.bytes() > rules_.limit_bytes;
    }
    if (!too_much) return;
    for (const std::string& name : folder_.names())
        if (HintTable::edition_in(name)) folder_.remove(name);
}

void DiskCache::spoilt(std::uint64_t number) {
    warn(rules_.path, "bytes were not what had been written, and were removed");
    if (const auto hold = folder_.hold_all(patience)) return drop(number);
    const std::unique_lock lock(mutex_);
    segments_[number] = nullptr;  // for this process at least
}

std::optional<Segment::Part> DiskCache::find(const ObjectName& name, std::uint64_t position) {
    if (!is_of_this_process() || !can_be_named(name)) return std::nullopt;
    const auto hints = table();
    if (!hints) return std::nullopt;
    std::optional<Segment::Part> found;
    hints->find(hint_key(name, position / cell_bytes), [&](Hint hint) {
        using Verdict = HintTable::Verdict;
        const auto [there, is_gone] = segment(hint.segment);
        if (!there) return is_gone ? Verdict::forget : Verdict::go_on;
        Segment::Part part;
        switch (there->look(hint.offset, name, position, part)) {
            case Segment::Look::other: return Verdict::go_on;
            case Segment::Look::spoilt: spoilt(hint.segment); return Verdict::forget;
            case Segment::Look::found: break;
        }
        found = std::move(part);
        return Verdict::taken;
    });
    return found;
}

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
        warn(rules_.path, failure.code().message());
    } catch (const std::exception& failure) {
        warn(rules_.path, failure.what());
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
                                     milliseconds patience) {
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
        const auto hold = folder_.hold_all(patience);
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
    const auto head = read_head(folder_.lock_file());
    write_head(number + 1, head && is_sound(*head) && head->recovered == 1);
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
        warn(rules_.path, failure.what());
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
