// Whether all bytes of an object add up to what the store says of it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "core/engine/read/chunk.hpp"
#include "core/s3/object_checksum.hpp"

namespace s3pipes {

// Of an object that comes in several chunks, and is read from its first byte on. What the reader
// has passed is kept here, what has come and was not passed yet by the chunks themselves.
class ObjectCheck {
  public:
    // Chunks are to be summed.
    bool sums() const noexcept { return state_ != State::off; }
    bool may_ask() const noexcept { return state_ == State::open; }
    // The store has been asked or has told: nobody may have the last byte before it agrees.
    bool holds() const noexcept { return state_ == State::asked || state_ == State::told; }
    bool told() const noexcept { return state_ == State::told; }
    const std::optional<ObjectChecksum>& said() const noexcept { return said_; }

    void begin() noexcept { state_ = State::open; }
    void ask() noexcept { state_ = State::asked; }
    // nullopt: nothing, or nothing that chunks could be held against. May be told again.
    void tell(const std::optional<ObjectChecksum>& said);
    // A chunk is complete.
    void came(std::uint64_t bytes) noexcept { came_bytes_ += bytes; }
    // The reader needs it no more; in order.
    void passed(const Chunk& chunk);
    // Reading begins anew, there.
    void restart(std::uint64_t position);
    // It is another object: what the store said is not of it.
    void forget() noexcept;
    void end() noexcept;

    // The sum of all that was passed and of these, which follow; nullopt where one is missing, or
    // was made in another way.
    std::optional<RangeSum> total(const std::deque<std::shared_ptr<Chunk>>& chunks) const;
    // What should be the value that the store said; nullopt where that cannot be told.
    std::optional<std::string> found(const RangeSum& total) const;
    // All of it agrees: so many bytes that nothing else was held against.
    std::uint64_t settled() noexcept;

    // Bytes that have come and will not be held against anything, each once.
    std::uint64_t take_unproven() noexcept;

  private:
    enum class State : std::uint8_t { off, open, asked, told };

    State state_ = State::off;
    std::optional<ObjectChecksum> said_;
    // Of the bytes from 0 on; of none at first.
    std::optional<RangeSum> passed_;
    std::uint64_t came_bytes_ = 0;
    std::uint64_t unproven_bytes_ = 0;
};

}  // namespace s3pipes
