#include "core/cache/disk_cache.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <utility>
#include <vector>

#include "core/cache/format.hpp"
#include "core/cache/lock_head.hpp"
#include "core/words/error.hpp"
#include "core/words/events.hpp"
#include "core/words/generation.hpp"

namespace s3pipes::cache {
namespace {

constexpr std::uint64_t MiB = 1 << 20;
constexpr std::uint64_t largest_segment = 256 * MiB;
constexpr std::uint64_t smallest_segment = 8 * MiB;
constexpr std::uint64_t segments_in_all = 64;
constexpr std::uint64_t fewest_slots = 1 << 12;
constexpr std::uint64_t bytes_per_slot = 64 << 10;
constexpr std::uint64_t most_first_slots = 1 << 20;

}  // namespace

std::string DiskRules::this_boot() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string boot;
    std::getline(file, boot);
    return boot;
}

bool DiskCache::is_ours(const std::string& name) {
    return Segment::number_in(name) || HintTable::edition_in(name) || name == unfinished;
}

std::uint64_t DiskCache::segment_bytes_for(const DiskRules& rules) noexcept {
    if (rules.segment_bytes != 0) return rules.segment_bytes / page * page;
    const std::uint64_t wanted = rules.limit_bytes / segments_in_all;
    return std::clamp(wanted, smallest_segment, largest_segment) / page * page;
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
    const auto head = LockHead::read(folder_.lock_file());
    if (head && head->stamp.magic == Stamp::of(0).magic && head->stamp.format > format)
        throw Error(ErrorKind::config, "the cache folder " + rules_.path +
                                           " was written by a newer s3pipes: name another one, or "
                                           "remove it");
    try {
        if (hold) {
            begin(*hold);
        } else if (head && head->is_sound()) {  // nothing can be written
            cache_ = head->stamp.cache;
            table_ = newest_table();
        }
    } catch (const std::system_error& failure) {
        warn(failure.code().message());
    }
}

void DiskCache::begin(const Folder::Hold&) {
    const auto head = LockHead::read(folder_.lock_file());
    bool other_boot = false;
    if (head && head->is_sound()) {
        LockHead now = *head;
        now.set_boot(rules_.boot);
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

void DiskCache::warn(const std::string& what) const {
    Events& events = Events::here();
    if (events.first(rules_.path + what))
        events.add(Level::warning, "the cache in " + rules_.path + ": " + what +
                                       "; what it lacks is read from the store");
}

bool DiskCache::is_of_this_process() const noexcept {
    return generation_ == process_generation();
}

void DiskCache::write_head(std::uint64_t next_segment, bool recovered) {
    LockHead head;
    head.stamp = Stamp::of(cache_);
    head.set_boot(rules_.boot);
    head.next_segment = next_segment;
    head.recovered = recovered ? 1 : 0;
    head.write(folder_.lock_file());
}

std::uint64_t DiskCache::next_segment() const {
    std::uint64_t next = 1;
    const auto head = LockHead::read(folder_.lock_file());
    if (head && head->is_sound()) next = head->next_segment;
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
            warn(failure.code().message());
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
    warn("bytes were not what had been written, and were removed");
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

}  // namespace s3pipes::cache
