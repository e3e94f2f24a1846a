#include "core/memory/arena.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <new>
#include <span>

#include "core/memory/poison.hpp"
#include "core/words/generation.hpp"

namespace s3pipes {
namespace {

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t huge_page_bytes = 2 << 20;
// Below this the C library's heap is kinder than a mapping of its own for every buffer.
constexpr std::size_t map_from_bytes = 256 << 10;
// Larger than any address space: sums of it with a page or a huge page cannot overflow.
constexpr std::uint64_t absurd_bytes = std::uint64_t{1} << 62;

std::byte* map_memory(std::size_t capacity) {
    if (capacity < map_from_bytes)
        return static_cast<std::byte*>(::operator new(capacity, std::align_val_t{page_bytes}));
    const std::size_t slack = capacity >= huge_page_bytes ? huge_page_bytes : 0;
    void* mapped = ::mmap(nullptr, capacity + slack, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    auto begin = reinterpret_cast<std::uintptr_t>(mapped);
    if (slack != 0) {  // aligned, so that the kernel can back it with huge pages
        const std::uintptr_t aligned = (begin + slack - 1) & ~(huge_page_bytes - 1);
        if (aligned > begin) ::munmap(mapped, aligned - begin);
        const std::uintptr_t end = aligned + capacity;
        if (end < begin + capacity + slack)
            ::munmap(reinterpret_cast<void*>(end), begin + capacity + slack - end);
        begin = aligned;
        ::madvise(reinterpret_cast<void*>(begin), capacity, MADV_HUGEPAGE);
    }
    return reinterpret_cast<std::byte*>(begin);
}

void unmap_memory(std::byte* data, std::size_t capacity) noexcept {
    unpoison(data, capacity);  // others will get these addresses
    if (capacity < map_from_bytes)
        ::operator delete(data, std::align_val_t{page_bytes});
    else
        ::munmap(data, capacity);
}

}  // namespace

std::shared_ptr<Buffer> Buffer::around(std::span<std::byte> memory) {
    return std::make_shared<Buffer>(Key{}, nullptr, memory.data(), memory.size(), false);
}

Buffer::~Buffer() {
    if (arena_) arena_->give_back(data_, capacity_, charged_);
}

void Buffer::leave_budget() noexcept {
    if (!charged_) return;
    charged_ = false;
    arena_->leave(capacity_);
}

void Charge::give_back() noexcept {
    if (bytes_ != 0) arena_->discharge(std::exchange(bytes_, 0));
}

Arena::Arena(std::uint64_t budget_bytes)
    : budget_(budget_bytes), generation_(process_generation()) {}

Arena::~Arena() {
    shrink_free(0);
}

// In a fork's child the lock may be held by a thread that does not exist there.
bool Arena::of_present_process() const noexcept {
    return generation_ == process_generation();
}

std::uint64_t Arena::rounded(std::uint64_t bytes) noexcept {
    if (bytes <= page_bytes) return page_bytes;
    if (bytes > absurd_bytes) return bytes;
    const std::uint64_t step = std::max<std::uint64_t>(page_bytes, std::bit_floor(bytes) / 8);
    return (bytes + step - 1) / step * step;
}

std::uint64_t Arena::budget() const noexcept {
    std::lock_guard lock(mutex_);
    return budget_;
}

void Arena::raise_budget(std::uint64_t budget_bytes) {
    std::lock_guard lock(mutex_);
    if (budget_bytes > budget_) budget_ = budget_bytes;
}

std::optional<Charge> Arena::try_charge(std::uint64_t bytes) {
    auto self = bytes == 0 ? nullptr : shared_from_this();
    std::lock_guard lock(mutex_);
    if (bytes > budget_ - charged_) return std::nullopt;
    charged_ += bytes;
    return Charge(std::move(self), bytes);
}

void Arena::discharge(std::uint64_t bytes) noexcept {
    if (!of_present_process()) return;
    std::lock_guard lock(mutex_);
    charged_ -= bytes;
}

// Under the lock.
std::byte* Arena::from_free(std::size_t capacity) {
    const auto shelf = shelves_.find(capacity);
    if (shelf == shelves_.end() || shelf->second.empty()) return cut_from_free(capacity);
    std::byte* data = shelf->second.back();
    shelf->second.pop_back();
    free_ -= capacity;
    return data;
}

// Requests change their size with the way to the store. Memory that was used once is cheaper than
// new memory, which the kernel has to clear: so a piece is cut from the smallest run of free ones
// that is long enough. Mappings can be cut and joined as one likes.
std::byte* Arena::cut_from_free(std::size_t capacity) {
    if (capacity < map_from_bytes || free_ < capacity) return nullptr;
    std::vector<std::span<std::byte>> pieces;
    for (auto shelf = shelves_.lower_bound(map_from_bytes); shelf != shelves_.end(); ++shelf)
        for (std::byte* data : shelf->second) pieces.emplace_back(data, shelf->first);
    std::sort(pieces.begin(), pieces.end(),
              [](const auto& a, const auto& b) { return a.data() < b.data(); });
    std::span<const std::span<std::byte>> best;
    std::size_t best_bytes = 0;
    for (std::size_t first = 0, next = 0; first < pieces.size(); first = next) {
        std::size_t bytes = 0;
        do bytes += pieces[next++].size();
        while (next < pieces.size() && pieces[next].data() == pieces[first].data() + bytes);
        if (bytes < capacity || (best_bytes != 0 && bytes >= best_bytes)) continue;
        best = std::span(pieces).subspan(first, next - first);
        best_bytes = bytes;
    }
    if (best.empty()) return nullptr;
    std::byte* const data = best.front().data();
    const std::size_t rest = best_bytes - capacity;
    std::vector<std::byte*>& rests = shelves_[rest];
    rests.reserve(rests.size() + 1);  // from here on nothing throws
    const auto is_of_it = [&](std::byte* piece) {
        return piece >= data && piece < data + best_bytes;
    };
    for (auto shelf = shelves_.lower_bound(map_from_bytes); shelf != shelves_.end();) {
        std::erase_if(shelf->second, is_of_it);
        const bool gone = shelf->second.empty() && shelf->first != rest;
        shelf = gone ? shelves_.erase(shelf) : std::next(shelf);
    }
    free_ -= best_bytes;
    if (rest >= map_from_bytes) {
        rests.push_back(data + capacity);
        free_ += rest;
    } else if (rest != 0) {
        unpoison(data + capacity, rest);
        ::munmap(data + capacity, rest);
    }
    return data;
}

std::shared_ptr<Buffer> Arena::take(Charge charge, std::uint64_t bytes) {
    const std::uint64_t capacity = rounded(bytes);
    if (capacity > absurd_bytes) throw std::bad_alloc();
    if (charge.bytes() < capacity) throw std::bad_alloc();  // nobody has counted them
    std::byte* data = nullptr;
    {
        std::lock_guard lock(mutex_);
        data = from_free(capacity);
        used_ += capacity;
        ++buffers_;
        // New memory: what lies free makes way. Charges that have no memory yet need no room.
        if (data == nullptr) shrink_free(budget_ > used_ ? budget_ - used_ : 0);
    }
    try {
        if (data == nullptr) data = map_memory(capacity);
        unpoison(data, capacity);
        auto buffer =
            std::make_shared<Buffer>(Buffer::Key{}, shared_from_this(), data, capacity, true);
        charge.bytes_ -= capacity;  // the buffer's from here on
        return buffer;
    } catch (...) {
        if (data != nullptr) unmap_memory(data, capacity);
        std::lock_guard lock(mutex_);
        used_ -= capacity;
        --buffers_;
        throw;
    }
}

std::shared_ptr<Buffer> Arena::take_outside(std::uint64_t bytes) {
    const std::uint64_t capacity = rounded(bytes);
    if (capacity > absurd_bytes) throw std::bad_alloc();
    std::byte* data = nullptr;
    {
        std::lock_guard lock(mutex_);
        data = from_free(capacity);
    }
    try {
        if (data == nullptr) data = map_memory(capacity);
        unpoison(data, capacity);
        auto buffer =
            std::make_shared<Buffer>(Buffer::Key{}, shared_from_this(), data, capacity, false);
        std::lock_guard lock(mutex_);
        outside_ += capacity;
        ++buffers_;
        return buffer;
    } catch (...) {
        if (data != nullptr) unmap_memory(data, capacity);
        throw;
    }
}

void Arena::give_back(std::byte* data, std::size_t capacity, bool charged) noexcept {
    if (!of_present_process()) {
        unmap_memory(data, capacity);  // this process's own copy
        return;
    }
#ifndef NDEBUG
    std::memset(data, 0xdb, capacity);
#endif
    {
        std::lock_guard lock(mutex_);
        (charged ? charged_ : outside_) -= capacity;
        if (charged) used_ -= capacity;
        --buffers_;
        if (used_ + free_ + capacity <= budget_) {
            poison(data, capacity);
            shelves_[capacity].push_back(data);
            free_ += capacity;
            return;
        }
    }
    unmap_memory(data, capacity);
}

void Arena::leave(std::size_t capacity) noexcept {
    if (!of_present_process()) return;
    std::lock_guard lock(mutex_);
    charged_ -= capacity;
    used_ -= capacity;
    outside_ += capacity;
}

bool Arena::put_on_shelf(std::byte* data, std::size_t capacity) noexcept {
    try {
        shelves_[capacity].push_back(data);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

void Arena::shrink_free(std::uint64_t limit) {
    for (auto shelf = shelves_.begin(); free_ > limit && shelf != shelves_.end(); ++shelf)
        while (free_ > limit && !shelf->second.empty()) {
            const std::size_t size = shelf->first;
            const std::uint64_t too_much =
                (free_ - limit + page_bytes - 1) / page_bytes * page_bytes;
            std::byte* const data = shelf->second.back();
            // Of a long run that was joined only the end.
            const bool in_part = size >= huge_page_bytes && too_much <= size / 2;
            if (in_part && put_on_shelf(data, size - too_much)) {
                shelf->second.pop_back();
                unpoison(data + size - too_much, too_much);
                ::munmap(data + size - too_much, too_much);
                free_ -= too_much;
                return;
            }
            unmap_memory(data, size);
            shelf->second.pop_back();
            free_ -= size;
        }
}

Arena::Figures Arena::figures() const {
    std::lock_guard lock(mutex_);
    return {budget_, charged_, used_, free_, outside_, buffers_};
}

}  // namespace s3pipes
