// Where records lie: a table that many processes share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/cache/file.hpp"

namespace s3pipes::cache {

// Of the place of a record.
struct Hint {
    std::uint32_t segment = 0;
    std::uint64_t offset = 0;  // in it; a multiple of `record_alignment`
};

// A hint is believed only after a look at the record, so nothing depends on this table but that
// what is cached is found: whatever it holds after a crash, the worst is a miss. Nobody locks it: a
// place in it is taken by one exchange of its key, and filled by another of its hint.
//
// A table that is full is superseded by a larger one. From then on nothing that is added to it
// counts, and who has added something looks whether that is so.
class HintTable {
  public:
    // Under a name that nobody looks for, until it is renamed. Throws std::system_error.
    static std::shared_ptr<HintTable> create(int directory, const std::string& name,
                                             std::uint64_t cache, std::uint64_t edition,
                                             std::uint64_t slots);
    // Null where it is none of that cache's. Throws std::system_error, ENOENT where there is none.
    static std::shared_ptr<HintTable> open(int directory, std::uint64_t cache,
                                           std::uint64_t edition);
    static std::string name_of(std::uint64_t edition);
    static std::optional<std::uint64_t> edition_in(const std::string& name);
    static std::uint64_t bytes_of(std::uint64_t slots) noexcept;

    std::uint64_t edition() const noexcept { return edition_; }
    std::uint64_t slots() const noexcept { return mask_ + 1; }

    // False: there is no place for it.
    bool add(std::uint64_t key, Hint hint) noexcept;
    // So many are of one key that a larger table would have no place for them either.
    bool is_crowded_by(std::uint64_t key) const noexcept;
    // Those of that key, until one is taken. A hint that leads nowhere any more may be forgotten:
    // its place is for the next one of that key.
    enum class Verdict : std::uint8_t { go_on, taken, forget };
    template <typename Try>
    void find(std::uint64_t key, Try attempt) {
        for (std::uint64_t i = 0; i < reach; ++i) {
            Slot& slot = at(key + i);
            const std::uint64_t found = slot.key.load(std::memory_order_acquire);
            if (found == 0) return;
            if (found != key) continue;
            std::uint64_t packed = slot.hint.load(std::memory_order_acquire);
            if (packed == 0) continue;
            const Verdict verdict = attempt(unpacked(packed));
            if (verdict == Verdict::taken) return;
            if (verdict == Verdict::forget && writable_)
                slot.hint.compare_exchange_strong(packed, 0);
        }
    }
    // All hints whose segment `keeps` holds, into a new one. False: there is no place for one.
    bool copy_into(HintTable& other, const std::function<bool(std::uint32_t)>& keeps) const;

    bool superseded() const noexcept;
    void supersede(bool now = true) noexcept;
    bool writable() const noexcept { return writable_; }
    bool is_removed() const noexcept { return file_.is_removed(); }

    HintTable(File file, std::uint64_t edition, std::uint64_t slots, bool writable);

  private:
    struct Slot {
        std::atomic<std::uint64_t> key;   // 0: nobody's
        std::atomic<std::uint64_t> hint;  // 0: not yet there, or forgotten
    };
    static constexpr std::uint64_t reach = 32;  // places where a key may be
    static constexpr unsigned offset_bits = 32;

    static std::uint64_t packed(Hint hint) noexcept;
    static Hint unpacked(std::uint64_t packed) noexcept;
    Slot& at(std::uint64_t key) const noexcept { return slots_[key & mask_]; }
    std::atomic<std::uint64_t>& state() const noexcept;

    const File file_;
    const bool writable_;
    const Mapping mapping_;
    const std::uint64_t edition_;
    const std::uint64_t mask_;
    Slot* const slots_;
};

}  // namespace s3pipes::cache
