#include "core/cache/segment.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "core/cache/format.hpp"

namespace s3pipes::cache {
namespace {

constexpr std::string_view prefix = "segment-";

struct Head {
    Stamp stamp;
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
    std::uint64_t mark = 0;
    std::uint64_t check = 0;  // of what stands before it
};
constexpr std::size_t tail_at = 128;  // a line of the processor's cache by itself
static_assert(sizeof(Head) <= tail_at);

std::uint64_t check_of_head(const Head& head) noexcept {
    return check_of(std::as_bytes(std::span(&head, 1)).first(offsetof(Head, check)));
}

// nullopt: it is none of that cache's segments of that number.
std::optional<Head> head_of(const File& file, std::uint64_t cache, std::uint64_t number) noexcept {
    Head head;
    try {
        file.read_at(0, std::as_writable_bytes(std::span(&head, 1)));
    } catch (const std::system_error&) {
        return std::nullopt;
    }
    const bool ours = head.stamp == Stamp::of(cache) && head.number == number &&
                      head.bytes == file.size() && head.bytes >= Segment::head_bytes &&
                      head.check == check_of_head(head);
    return ours ? std::optional(head) : std::nullopt;
}

}  // namespace

std::string Segment::name_of(std::uint64_t number) {
    return std::string(prefix) + std::to_string(number);
}

std::optional<std::uint64_t> Segment::number_in(const std::string& name) {
    const auto number = number_behind(prefix, name);
    const bool one = number && *number != 0 && *number <= std::numeric_limits<std::uint32_t>::max();
    return one ? number : std::nullopt;
}

Segment::Segment(const File& file, std::uint64_t number, std::uint64_t mark, bool writable)
    : number_(number),
      mark_(mark),
      writable_(writable),
      mapping_(file, file.size(), false),
      head_(file, head_bytes, writable),
      whole_(Buffer::around({mapping_.data(), mapping_.size()})) {}

std::shared_ptr<Segment> Segment::create(int directory, const std::string& name,
                                         std::uint64_t cache, std::uint64_t number,
                                         std::uint64_t bytes) {
    const File file = File::create_in(directory, name);
    file.reserve(bytes);
    Head head;
    head.stamp = Stamp::of(cache);
    head.number = number;
    head.bytes = bytes;
    head.mark = drawn();
    head.check = check_of_head(head);
    std::array<std::byte, head_bytes> page{};
    std::memcpy(page.data(), &head, sizeof head);
    const std::uint64_t tail = head_bytes;
    std::memcpy(page.data() + tail_at, &tail, sizeof tail);
    file.write_at(0, page);
    return std::make_shared<Segment>(file, number, head.mark, true);
}

std::shared_ptr<Segment> Segment::open(int directory, std::uint64_t cache, std::uint64_t number) {
    bool writable = true;
    File file = File::open_in(directory, name_of(number), writable);
    if (!file && (errno == EACCES || errno == EROFS))
        file = File::open_in(directory, name_of(number), writable = false);
    if (!file) throw_errno("open");
    const auto head = head_of(file, cache, number);
    return head ? std::make_shared<Segment>(file, number, head->mark, writable) : nullptr;
}

bool Segment::is_in(const File& file) const noexcept {
    Head head;
    try {
        file.read_at(0, std::as_writable_bytes(std::span(&head, 1)));
    } catch (const std::system_error&) {
        return false;
    }
    return head.number == number_ && head.mark == mark_ && file.size() == size();
}

bool Segment::may_belong(int directory, std::uint64_t cache, std::uint64_t number) noexcept {
    const File file = File::open_in(directory, name_of(number), false);
    return !file || head_of(file, cache, number);
}

// It may have been anything in a file that came back after a loss of power.
std::uint64_t Segment::tail() const noexcept {
    const std::atomic_ref tail(*reinterpret_cast<std::uint64_t*>(head_.data() + tail_at));
    const std::uint64_t found = tail.load(std::memory_order_acquire);
    const bool possible =
        found >= head_bytes && found <= size() && (found - head_bytes) % record_alignment == 0;
    return possible ? found : head_bytes;
}

std::span<const std::byte> Segment::from(std::uint64_t offset, std::uint64_t until) const noexcept {
    return {mapping_.data() + offset, static_cast<std::size_t>(until - offset)};
}

Segment::Place Segment::append(const File& file, const ObjectName& name, const ObjectMeta& meta,
                               std::uint64_t begin, std::span<const std::byte> bytes) {
    const std::vector<std::byte> preface = preface_of(name, meta, mark_, begin, bytes);
    Place place{tail(), 0};
    file.write_at(place.offset, preface);
    file.write_at(place.offset + preface.size(), bytes);
    place.ends_at = place.offset + preface.size() + padded(bytes.size());
    return place;
}

void Segment::commit(const Place& place) noexcept {
    const std::atomic_ref tail(*reinterpret_cast<std::uint64_t*>(head_.data() + tail_at));
    tail.store(place.ends_at, std::memory_order_release);
}

// A hint may lead anywhere, also to where a writer died and others wrote something else.
std::optional<Segment::Record> Segment::record_at(std::uint64_t offset, std::uint64_t until,
                                                  const ObjectName* name) const noexcept {
    using Pages = Mapping::Pages;
    if (offset < head_bytes || offset >= until ||
        mapping_.populate(offset, std::min(sizeof(RecordHead), until - offset)) != Pages::there)
        return std::nullopt;
    const auto head = read_head(from(offset, until), mark_);
    if (!head || (name != nullptr && !head->may_be_of(*name)) ||
        mapping_.populate(offset, head->bytes_at()) != Pages::there)
        return std::nullopt;
    const auto found = read_name(from(offset, until), *head);
    if (!found || (name != nullptr && *found != *name)) return std::nullopt;
    return Record{*head, *found};
}

Segment::Look Segment::look(std::uint64_t offset, const ObjectName& name, std::uint64_t position,
                            Part& part) {
    const auto record = record_at(offset, tail(), &name);
    if (!record) return Look::other;
    const RecordHead& head = record->head;
    const ByteRange range = head.range();
    const bool covers = position >= range.begin && position < range.end;
    const bool is_empty = head.object_bytes == 0 && position == 0;
    if (!covers && !is_empty) return Look::other;
    const Sound sound = is_sound(offset, head);
    if (sound != Sound::yes) return sound == Sound::no ? Look::spoilt : Look::other;
    part.meta = {head.object_bytes, std::string(name.etag), head.last_modified};
    part.range = range;
    const std::shared_ptr<Buffer> owner(shared_from_this(), whole_.get());
    part.bytes = View(owner, static_cast<std::size_t>(offset + head.bytes_at()),
                      static_cast<std::size_t>(head.bytes));
    return Look::found;
}

std::optional<ByteRange> Segment::seems(std::uint64_t offset,
                                        const ObjectName& name) const noexcept {
    const auto record = record_at(offset, tail(), &name);
    return record ? std::optional(record->head.range()) : std::nullopt;
}

Segment::Sound Segment::is_sound(std::uint64_t offset, const RecordHead& head) const noexcept {
    const std::uint64_t at = offset + head.bytes_at();
    switch (mapping_.populate(at, head.bytes)) {
        case Mapping::Pages::unknown: return Sound::unknown;
        case Mapping::Pages::lost: return Sound::no;
        case Mapping::Pages::there: break;
    }
    return check_of(from(at, at + head.bytes)) == head.bytes_check ? Sound::yes : Sound::no;
}

bool Segment::walk(
    const std::function<bool(std::uint64_t, const RecordHead&, const ObjectName&)>& see) const {
    const std::uint64_t until = tail();
    for (std::uint64_t offset = head_bytes; offset < until;) {
        const auto record = record_at(offset, until, nullptr);
        if (!record || !see(offset, record->head, record->name)) return false;
        offset += record->head.ends_at();
    }
    return true;
}

}  // namespace s3pipes::cache
