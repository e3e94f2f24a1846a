#include "core/cache/record.hpp"

#include <bit>
#include <cstring>
#include <limits>

#include "core/s3/checksum.hpp"

namespace s3pipes::cache {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t longest_text = std::numeric_limits<std::uint16_t>::max();

std::string_view text_of(const std::byte* data, std::size_t size) noexcept {
    return {reinterpret_cast<const char*>(data), size};
}

std::uint64_t check_of_preface(const std::byte* preface, std::size_t name_bytes) noexcept {
    constexpr std::size_t own = sizeof(RecordHead::check);
    return crc64nvme(text_of(preface + own, sizeof(RecordHead) - own + name_bytes));
}

// Spreads what is close together (SplitMix64's last step).
std::uint64_t mixed(std::uint64_t value) noexcept {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

}  // namespace

std::uint64_t overhead_of(const ObjectName& name) noexcept {
    return padded(sizeof(RecordHead) + name.store.size() + name.key.size() + name.etag.size());
}

bool can_be_named(const ObjectName& name) noexcept {
    return !name.etag.empty() && !is_weak_etag(name.etag) && name.store.size() <= longest_text &&
           name.key.size() <= longest_text && name.etag.size() <= longest_text;
}

std::vector<std::byte> preface_of(const ObjectName& name, const ObjectMeta& meta,
                                  std::uint64_t segment_mark, std::uint64_t begin,
                                  std::span<const std::byte> bytes) {
    RecordHead head;
    head.segment = segment_mark;
    head.begin = begin;
    head.bytes = bytes.size();
    head.bytes_check = check_of(bytes);
    head.object_bytes = meta.size;
    head.last_modified = meta.last_modified;
    head.store_bytes = static_cast<std::uint16_t>(name.store.size());
    head.key_bytes = static_cast<std::uint16_t>(name.key.size());
    head.etag_bytes = static_cast<std::uint16_t>(name.etag.size());
    std::vector<std::byte> preface(overhead_of(name));
    std::byte* at = preface.data() + sizeof head;
    for (const std::string_view text : {name.store, name.key, name.etag}) {
        if (!text.empty()) std::memcpy(at, text.data(), text.size());
        at += text.size();
    }
    std::memcpy(preface.data(), &head, sizeof head);
    head.check = check_of_preface(preface.data(), head.name_bytes());
    std::memcpy(preface.data(), &head, sizeof head);
    return preface;
}

std::optional<RecordHead> read_head(std::span<const std::byte> from,
                                    std::uint64_t segment_mark) noexcept {
    RecordHead head;
    if (from.size() < sizeof head) return std::nullopt;
    std::memcpy(&head, from.data(), sizeof head);
    const std::uint64_t at = head.bytes_at();
    if (head.segment != segment_mark || at > from.size() || head.bytes > from.size() - at ||
        head.object_bytes > largest_object_bytes || head.begin > head.object_bytes ||
        head.bytes > head.object_bytes - head.begin)
        return std::nullopt;
    return head;
}

std::optional<ObjectName> read_name(std::span<const std::byte> from,
                                    const RecordHead& head) noexcept {
    if (check_of_preface(from.data(), head.name_bytes()) != head.check) return std::nullopt;
    ObjectName name;
    const std::byte* at = from.data() + sizeof head;
    name.store = text_of(at, head.store_bytes);
    name.key = text_of(at += head.store_bytes, head.key_bytes);
    name.etag = text_of(at += head.key_bytes, head.etag_bytes);
    return name;
}

std::uint64_t check_of(std::span<const std::byte> bytes) noexcept {
    return crc64nvme(text_of(bytes.data(), bytes.size()));
}

std::uint64_t hint_key(const ObjectName& name, std::uint64_t cell) noexcept {
    std::uint64_t sum = 0;
    for (const std::string_view text : {name.store, name.key})
        sum = crc64nvme(text, mixed(sum + text.size()));
    const std::uint64_t key = mixed(sum ^ mixed(cell + 1));
    return key != 0 ? key : 1;
}

}  // namespace s3pipes::cache
