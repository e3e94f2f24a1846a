#include "core/memory/arena.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>

#include "core/words/generation.hpp"

namespace s3pipes {
namespace {

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t huge_page_bytes = 2 << 20;
// Below this the C library's heap is kinder than a mapping of its own for every buffer.
constexpr std::size_t map_from_bytes = 256 << 10;

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
    if (capacity < map_from_bytes)
        ::operator delete(data, std::align_val_t{page_bytes});
    else
        ::munmap(data, capacity);
}

}  // namespace

Buffer::~Buffer() {
    arena_->give_back(data_, capacity_, charged_);
}

void Buffer::leave_budget() noexcept {
    if (!charged_) return;
    charged_ = false;
    arena_->leave(capacity_);
}

Arena::Arena(std::uint64_t budget_bytes)
    : budget_(budget_bytes), generation_(process_generation()) {}

Arena::~Arena() {
    shrink_free(0);
}

std::size_t Arena::rounded(std::size_t bytes) noexcept {
    if (bytes <= page_bytes) return page_bytes;
    const std::size_t step = std::max(page_bytes, std::bit_floor(bytes) / 8);
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

bool Arena::try_charge(std::uint64_t bytes) {
    std::lock_guard lock(mutex_);
    if (bytes > budget_ - charged_) return false;
    charged_ += bytes;
    return true;
}

void Arena::discharge(std::uint64_t bytes) noexcept {
    std::lock_guard lock(mutex_);
    charged_ -= bytes;
}

std::shared_ptr<Buffer> Arena::take(std::size_t bytes) {
    return take(bytes, true);
}

std::shared_ptr<Buffer> Arena::take_outside(std::size_t bytes) {
    return take(bytes, false);
}

std::shared_ptr<Buffer> Arena::take(std::size_t bytes, bool charged) {
    const std::size_t capacity = rounded(bytes);
    std::byte* data = nullptr;
    {
        std::lock_guard lock(mutex_);
        auto shelf = shelves_.find(capacity);
        if (shelf != shelves_.end() && !shelf->second.empty()) {
            data = shelf->second.back();
            shelf->second.pop_back();
            free_ -= capacity;
        }
        if (charged) {
            used_ += capacity;
            // New memory: what lies free makes way. Charges that have no memory yet need no room.
            if (data == nullptr) shrink_free(budget_ > used_ ? budget_ - used_ : 0);
        }
    }
    if (data == nullptr) data = map_memory(capacity);
    if (!charged) {
        std::lock_guard lock(mutex_);
        outside_ += capacity;
    }
    return std::shared_ptr<Buffer>(new Buffer(shared_from_this(), data, capacity, charged));
}

void Arena::give_back(std::byte* data, std::size_t capacity, bool charged) noexcept {
    if (generation_ != process_generation()) {
        // A fork's child: the lock may be held by a thread that does not exist here, but the
        // memory is this process's own copy.
        unmap_memory(data, capacity);
        return;
    }
    {
        std::lock_guard lock(mutex_);
        (charged ? charged_ : outside_) -= capacity;
        if (charged) used_ -= capacity;
        if (used_ + free_ + capacity <= budget_) {
            shelves_[capacity].push_back(data);
            free_ += capacity;
            return;
        }
    }
    unmap_memory(data, capacity);
}

void Arena::leave(std::size_t capacity) noexcept {
    if (generation_ != process_generation()) return;
    std::lock_guard lock(mutex_);
    charged_ -= capacity;
    used_ -= capacity;
    outside_ += capacity;
}

void Arena::shrink_free(std::uint64_t limit) {
    for (auto shelf = shelves_.begin(); free_ > limit && shelf != shelves_.end(); ++shelf)
        while (free_ > limit && !shelf->second.empty()) {
            unmap_memory(shelf->second.back(), shelf->first);
            shelf->second.pop_back();
            free_ -= shelf->first;
        }
}

Arena::Figures Arena::figures() const {
    std::lock_guard lock(mutex_);
    return {budget_, used_, free_, outside_};
}

std::uint64_t Arena::charged() const {
    std::lock_guard lock(mutex_);
    return charged_;
}

std::uint64_t Arena::used() const {
    std::lock_guard lock(mutex_);
    return used_;
}

std::uint64_t Arena::free() const {
    std::lock_guard lock(mutex_);
    return free_;
}

std::uint64_t Arena::outside() const {
    std::lock_guard lock(mutex_);
    return outside_;
}

}  // namespace s3pipes
