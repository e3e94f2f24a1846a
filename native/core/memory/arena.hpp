// The memory of one process: reusable buffers under a hard budget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/memory/buffer.hpp"
#include "core/memory/charge.hpp"

namespace s3pipes {

// Memory in use and memory free for reuse never exceed the budget together. Thread-safe; its
// lock is a leaf: nothing is called while it is held. What lies free is poisoned under
// AddressSanitizer, and overwritten in debug builds.
class Arena : public std::enable_shared_from_this<Arena> {
  public:
    explicit Arena(std::uint64_t budget_bytes);
    ~Arena();

    std::uint64_t budget() const noexcept;
    void raise_budget(std::uint64_t budget_bytes);  // never lowers it

    // The capacity that a request for `bytes` gets: whole pages, and less than one page or an
    // eighth more. Rounding again changes nothing. What no machine has (2^62 and more) stays as it
    // is: it fits no budget.
    static std::uint64_t rounded(std::uint64_t bytes) noexcept;

    // Sets `bytes` of the budget aside; nullopt where they do not fit now.
    std::optional<Charge> try_charge(std::uint64_t bytes);

    // Memory for a charge of at least rounded(bytes); what is charged beyond that is given back.
    // Throws std::bad_alloc; the charge is given back then too.
    std::shared_ptr<Buffer> take(Charge charge, std::uint64_t bytes);
    // Memory that is the user's from the start. Throws std::bad_alloc.
    std::shared_ptr<Buffer> take_outside(std::uint64_t bytes);

    struct Figures {
        std::uint64_t budget = 0;
        std::uint64_t charged = 0;  // set aside for the engine, with memory or not yet
        std::uint64_t used = 0;     // mapped, in use by the engine
        std::uint64_t free = 0;     // mapped, waiting for reuse
        std::uint64_t outside = 0;  // in the user's hands
        std::uint64_t buffers = 0;  // in use by either
    };
    Figures figures() const;  // all of one moment
    std::uint64_t charged() const { return figures().charged; }
    std::uint64_t used() const { return figures().used; }
    std::uint64_t free() const { return figures().free; }
    std::uint64_t outside() const { return figures().outside; }

  private:
    friend class Buffer;
    friend class Charge;
    std::byte* from_free(std::size_t capacity);
    std::byte* cut_from_free(std::size_t capacity);
    bool put_on_shelf(std::byte* data, std::size_t capacity) noexcept;
    void discharge(std::uint64_t bytes) noexcept;
    void give_back(std::byte* data, std::size_t capacity, bool charged) noexcept;
    void leave(std::size_t capacity) noexcept;
    void shrink_free(std::uint64_t limit);
    bool of_present_process() const noexcept;

    mutable std::mutex mutex_;
    std::uint64_t budget_;
    std::uint64_t charged_ = 0;
    std::uint64_t used_ = 0;
    std::uint64_t free_ = 0;
    std::uint64_t outside_ = 0;
    std::uint64_t buffers_ = 0;
    std::uint64_t generation_;
    // Last in, first out within a size: what was used last is still in the processor's cache.
    std::map<std::size_t, std::vector<std::byte*>> shelves_;
};

}  // namespace s3pipes
