// What one ranged GET returns.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include "core/memory/charge.hpp"
#include "core/memory/view.hpp"
#include "core/s3/range_sum.hpp"
#include "core/words/failure.hpp"
#include "core/words/object.hpp"

namespace s3pipes {

class Task;

// Guarded by the engine's mutex, but for the atomics, the bytes below `filled`, which are final,
// and what is said to be its loop's. While its request runs only that changes `range` and `memory`,
// and may read them without the mutex.
struct Chunk {
    enum class State : std::uint8_t { running, ready, failed };

    explicit Chunk(ByteRange range_) : range(range_) {}

    ByteRange range;  // of the object; cut to what exists once the head is in
    State state = State::running;
    Charge charge;              // of the budget, until a buffer holds it
    View memory;                // from the head on
    std::uint64_t counted = 0;  // of its reader's window
    std::unique_ptr<const Failure> failure;

    std::atomic<std::uint64_t> filled{0};  // bytes in place, from range.begin
    // The reader sleeps until so many are; written before it looks at `filled` a last time, so
    // that either it sees the bytes or the event loop sees it waiting.
    std::atomic<std::uint64_t> wake_at{std::numeric_limits<std::uint64_t>::max()};
    std::atomic<bool> given_up{false};  // nobody wants it any more: its request ends
    bool spared = false;                // ... by itself, for little is missing

    // Its bytes may turn out wrong, and others come in their place: not to be read before its end.
    std::atomic<bool> sealed{false};
    bool summed = false;          // by who carries it out, for the object's checksum
    bool asks_checksum = false;   // ... who asks for it, because the answer said nothing
    bool verified = false;        // the store's checksum is of these bytes
    bool held = false;            // its request is over; it is ready when all of the object agrees
    std::optional<RangeSum> sum;  // of all of it

    std::size_t loop = 0;
    std::weak_ptr<Task> task;   // who carries it out; its loop's
    std::uint64_t leaving = 0;  // bytes of the budget that its end gives back, once given up

    bool running() const noexcept { return state == State::running; }
    // Bytes that may be read, from range.begin.
    std::uint64_t readable() const noexcept {
        // In this order: nothing is sealed any more once a byte is in place.
        const std::uint64_t bytes = filled.load();
        return sealed.load() && state != State::ready ? 0 : bytes;
    }
    std::uint64_t readable_end() const noexcept { return range.begin + readable(); }
    std::uint64_t budget_bytes() const noexcept {
        return charge.bytes() +
               (memory.owner() && memory.owner()->in_budget() ? memory.owner()->capacity() : 0);
    }
};

}  // namespace s3pipes
