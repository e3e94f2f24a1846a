#include "core/cache/hints.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/cache/format.hpp"
#include "core/cache/record.hpp"

namespace s3pipes::cache {
namespace {

constexpr std::string_view prefix = "hints-";
constexpr std::uint64_t head_bytes = 4096;
constexpr std::size_t state_at = 128;
constexpr std::uint64_t most_slots = std::uint64_t{1} << 40;

struct Head {
    Stamp stamp;
    std::uint64_t edition = 0;
    std::uint64_t slots = 0;  // a power of two
};
static_assert(sizeof(Head) <= state_at);

}  // namespace

std::string HintTable::name_of(std::uint64_t edition) {
    return std::string(prefix) + std::to_string(edition);
}

std::optional<std::uint64_t> HintTable::edition_in(const std::string& name) {
    return number_behind(prefix, name);
}

std::uint64_t HintTable::bytes_of(std::uint64_t slots) noexcept {
    return head_bytes + slots * sizeof(Slot);
}

HintTable::HintTable(File file, std::uint64_t edition, std::uint64_t slots, bool writable)
    : file_(std::move(file)),
      writable_(writable),
      mapping_(file_, bytes_of(slots), writable),
      edition_(edition),
      mask_(slots - 1),
      slots_(reinterpret_cast<Slot*>(mapping_.data() + head_bytes)) {
    if (mapping_.populate(0, mapping_.size()) == Mapping::Pages::there) return;
    errno = EIO;
    throw_errno("read");
}

std::shared_ptr<HintTable> HintTable::create(int directory, const std::string& name,
                                             std::uint64_t cache, std::uint64_t edition,
                                             std::uint64_t slots) {
    File file = File::create_in(directory, name);
    file.reserve(bytes_of(slots));
    Head head;
    head.stamp = Stamp::of(cache);
    head.edition = edition;
    head.slots = slots;
    file.write_at(0, std::as_bytes(std::span(&head, 1)));
    return std::make_shared<HintTable>(std::move(file), edition, slots, true);
}

std::shared_ptr<HintTable> HintTable::open(int directory, std::uint64_t cache,
                                           std::uint64_t edition) {
    bool writable = true;
    File file = File::open_in(directory, name_of(edition), writable);
    if (!file && (errno == EACCES || errno == EROFS))
        file = File::open_in(directory, name_of(edition), writable = false);
    if (!file) throw_errno("open");
    if (file.size() < head_bytes) return nullptr;
    Head head;
    file.read_at(0, std::as_writable_bytes(std::span(&head, 1)));
    const bool ours = head.stamp == Stamp::of(cache) && head.edition == edition &&
                      std::has_single_bit(head.slots) && head.slots <= most_slots &&
                      file.size() == bytes_of(head.slots);
    if (!ours) return nullptr;
    return std::make_shared<HintTable>(std::move(file), edition, head.slots, writable);
}

std::uint64_t HintTable::packed(Hint hint) noexcept {
    return (std::uint64_t{hint.segment} << offset_bits) | (hint.offset / record_alignment);
}

Hint HintTable::unpacked(std::uint64_t packed) noexcept {
    const std::uint64_t offset = packed & ((std::uint64_t{1} << offset_bits) - 1);
    return {static_cast<std::uint32_t>(packed >> offset_bits), offset * record_alignment};
}

bool HintTable::add(std::uint64_t key, Hint hint) noexcept {
    const std::uint64_t wanted = packed(hint);
    for (std::uint64_t i = 0; i < reach; ++i) {
        Slot& slot = at(key + i);
        std::uint64_t found = 0;
        if (!slot.key.compare_exchange_strong(found, key) && found != key) continue;
        std::uint64_t nothing = 0;
        if (slot.hint.compare_exchange_strong(nothing, wanted) || nothing == wanted) return true;
    }
    return false;
}

bool HintTable::is_crowded_by(std::uint64_t key) const noexcept {
    std::uint64_t own = 0;
    for (std::uint64_t i = 0; i < reach; ++i) own += at(key + i).key.load() == key;
    return own >= reach / 2;
}

bool HintTable::copy_into(HintTable& other, const std::function<bool(std::uint32_t)>& keeps) const {
    for (std::uint64_t i = 0; i < slots(); ++i) {
        const std::uint64_t key = slots_[i].key.load();
        const std::uint64_t found = slots_[i].hint.load();
        if (key == 0 || found == 0 || !keeps(unpacked(found).segment)) continue;
        if (!other.add(key, unpacked(found))) return false;
    }
    return true;
}

std::atomic<std::uint64_t>& HintTable::state() const noexcept {
    return *reinterpret_cast<std::atomic<std::uint64_t>*>(mapping_.data() + state_at);
}

bool HintTable::superseded() const noexcept {
    return state().load() != 0;
}

void HintTable::supersede(bool now) noexcept {
    state().store(now ? 1 : 0);
}

}  // namespace s3pipes::cache
