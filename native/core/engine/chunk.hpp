// What one ranged GET returns.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include "core/memory/buffer.hpp"
#include "core/words/failure.hpp"
#include "core/words/object.hpp"

namespace s3pipes {

// Guarded by the scheduler's mutex, but for `memory` and `filled`: bytes below `filled` are final.
struct Chunk {
    enum class State : std::uint8_t { running, ready, failed };

    explicit Chunk(ByteRange range_) : range(range_) {}

    ByteRange range;  // of the object; cut to what exists once the first head is in
    State state = State::running;
    std::uint64_t charge = 0;        // of the budget, while no buffer holds it
    std::uint64_t counted = 0;       // of the reader's window
    std::shared_ptr<Buffer> buffer;  // none where the bytes go into the reader's own memory
    std::byte* memory = nullptr;     // known from the head on
    std::optional<Failure> failure;

    std::atomic<std::uint64_t> filled{0};  // bytes in place, from range.begin
    // The reader sleeps until so many are; written before it looks at `filled` a last time, so
    // that either it sees the bytes or the event loop sees it waiting.
    std::atomic<std::uint64_t> wake_at{std::numeric_limits<std::uint64_t>::max()};

    std::uint64_t filled_end() const noexcept { return range.begin + filled.load(); }
};

}  // namespace s3pipes
