// The scheduler's own records of readers and their objects; nobody else includes this.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "core/engine/read/flow.hpp"
#include "core/engine/read/scheduler.hpp"
#include "core/policy/chunk_size.hpp"
#include "core/policy/window_policy.hpp"

namespace s3pipes {

struct Scheduler::Stream {
    Lane* lane = nullptr;
    std::shared_ptr<Download> download;
    std::shared_ptr<Flow> flow;
    std::uint64_t tag = 0;
    std::uint64_t rank = 0;  // in the order of delivery
    // As last counted in the lane.
    std::uint64_t outstanding = 0;
    std::uint64_t delivered = 0;
    bool behind = false;  // the reader has gone on to a later object
    bool fetchable = false;
    bool announced = false;
    std::uint64_t urgent = 0;  // its place among those, if it is
    bool closed = false;
    Waits waits = Waits::no;

    ChunkQueue& queue() noexcept { return download->queue; }
    const ChunkQueue& queue() const noexcept { return download->queue; }
    ChunkQueue::FillEnd fill() noexcept { return ChunkQueue::FillEnd(download->queue); }
};

struct Scheduler::Lane {
    Lane(const ReadRules& rules_, std::uint64_t budget_bytes, const int& reading_)
        : rules(rules_), budget(budget_bytes), reading(reading_), policy(make_policy()) {}

    // Without an order: what was taken, then what is ready, then the rest.
    static constexpr std::uint64_t ready_rank = std::uint64_t{1} << 61;
    static constexpr std::uint64_t open_rank = std::uint64_t{1} << 62;
    static constexpr std::uint64_t near_chunk_bytes = 2 << 20;

    const ReadRules rules;
    const std::uint64_t budget;
    const int& reading;  // so many lanes share it
    bool known = false;  // a store has answered: near, or far
    bool near = false;
    bool far_for_good = false;  // a reader of two stores does not change with every answer
    std::uint64_t chunk_far = first_chunk_bytes;
    std::shared_ptr<Flow> flow;  // of the store that was opened last
    WindowPolicy policy;
    std::shared_ptr<Signal> signal = std::make_shared<Signal>();

    std::map<std::uint64_t, Stream*> streams;  // by rank
    std::map<std::uint64_t, Stream*> fetchable;
    std::uint64_t next_rank = 0;
    std::uint64_t present = 0;           // rank of the object that is read now
    std::uint64_t highest = 0;           // no object of a higher rank has bytes outstanding
    std::uint64_t outstanding = 0;       // bytes asked for and not yet consumed
    std::uint64_t behind = 0;            // of these, of objects that the reader has left behind
    std::uint64_t delivered = 0;         // bytes consumed
    std::uint64_t size_guess = 1 << 20;  // of an object whose size nobody told us
    bool guesses = false;                // ... by that of another
    std::deque<Stream*> ready;
    Stream* waited_for = nullptr;  // by who waits for any
    std::uint64_t touched = 0;
    bool halted = false;  // gave up bytes for another lane: fetches none ahead before it is read
    // What holds the reader up: then others are fetched meanwhile. Neither is read through.
    const Stream* late = nullptr;
    const Chunk* late_chunk = nullptr;
    bool active = false;
    bool closed = false;

    std::uint64_t chunk_bytes() const noexcept {
        return rules.chunk_bytes.value_or(near ? near_chunk_bytes : chunk_far);
    }
    // Smaller where a single object, or its rest, is all there is: its last byte is waited for.
    std::uint64_t chunk_bytes_of(const Stream& stream) const noexcept;
    std::uint64_t chunk_for(const Flow& from) const noexcept;
    std::uint64_t window() const noexcept;
    bool is_next_to_deliver(const Stream& stream) const noexcept;
    // A chunk is late. True: for it the window opens.
    bool falls_behind(const Stream& stream, const Chunk& chunk) noexcept;
    void caught_up(const Chunk& chunk) noexcept;
    WindowPolicy make_policy() const;

    void add(Stream& stream);
    void remove(Stream& stream);
    void rank(Stream& stream, std::uint64_t rank);
    void count(Stream& stream);  // what changed in its queue
    void set_fetchable(Stream& stream, bool fetchable);
    void read_now(const Stream& stream);  // it is the present one
    Stream* next() const;                 // whose bytes come next in the order of delivery
    // Bytes outstanding that will be delivered no later than those of `stream`.
    std::uint64_t nearer_bytes(const Stream& stream) const;
    bool has_room() const {
        const Stream* stream = halted ? nullptr : next();
        return stream != nullptr && nearer_bytes(*stream) < window();
    }
    std::uint64_t guess_for(const Stream& stream) const noexcept;
};

}  // namespace s3pipes
