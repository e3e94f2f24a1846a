// The memory of one process: reusable buffers under a hard budget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/memory/buffer.hpp"

namespace s3pipes {

// Memory in use and memory free for reuse never exceed the budget together. Thread-safe; its
// lock is a leaf: nothing is called while it is held.
class Arena : public std::enable_shared_from_this<Arena> {
  public:
    explicit Arena(std::uint64_t budget_bytes);
    ~Arena();

    std::uint64_t budget() const noexcept;
    void raise_budget(std::uint64_t budget_bytes);  // never lowers it

    // The capacity that a request for `bytes` gets: whole pages, and less than one page or an
    // eighth more. Rounding again changes nothing.
    static std::size_t rounded(std::size_t bytes) noexcept;

    // Sets `bytes` of the budget aside; false where they do not fit now.
    bool try_charge(std::uint64_t bytes);
    void discharge(std::uint64_t bytes) noexcept;

    // Memory for a charge of rounded(bytes) that the caller holds; the buffer takes the charge
    // over.
    std::shared_ptr<Buffer> take(std::size_t bytes);
    // Memory that is the user's from the start.
    std::shared_ptr<Buffer> take_outside(std::size_t bytes);

    struct Figures {
        std::uint64_t budget = 0;
        std::uint64_t used = 0;
        std::uint64_t free = 0;
        std::uint64_t outside = 0;
    };
    Figures figures() const;  // all of one moment

    std::uint64_t charged() const;  // set aside for the engine, with memory or not yet
    std::uint64_t used() const;     // mapped, in use by the engine
    std::uint64_t free() const;     // mapped, waiting for reuse
    std::uint64_t outside() const;  // in the user's hands

  private:
    friend class Buffer;
    std::shared_ptr<Buffer> take(std::size_t bytes, bool charged);
    void give_back(std::byte* data, std::size_t capacity, bool charged) noexcept;
    void leave(std::size_t capacity) noexcept;
    void shrink_free(std::uint64_t limit);

    mutable std::mutex mutex_;
    std::uint64_t budget_;
    std::uint64_t charged_ = 0;
    std::uint64_t used_ = 0;
    std::uint64_t free_ = 0;
    std::uint64_t outside_ = 0;
    std::uint64_t generation_;
    // Last in, first out within a size: what was used last is still in the processor's cache.
    std::map<std::size_t, std::vector<std::byte*>> shelves_;
};

}  // namespace s3pipes
