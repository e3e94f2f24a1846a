// Where the bytes of one object go.
#pragma once

#include <cstdint>
#include <memory>

#include "core/memory/arena.hpp"
#include "core/memory/view.hpp"

namespace s3pipes {

// A buffer of the budget for every chunk, or one piece for all of them: outside the budget, or the
// user's own. Whatever it gives out keeps its memory alive.
class Destination {
  public:
    static Destination chunks() { return Destination(Kind::chunks, nullptr); }
    static Destination one_piece() { return Destination(Kind::one_piece, nullptr); }
    // `users` holds the user's memory.
    static Destination into(std::shared_ptr<Buffer> users) {
        return Destination(Kind::users, std::move(users));
    }

    bool is_one_piece() const noexcept { return kind_ != Kind::chunks; }
    bool is_users() const noexcept { return kind_ == Kind::users; }

    // Throws Error{config} where the user's memory is smaller than this.
    void check_fits(std::uint64_t size) const;
    // Of one piece: memory for `size` bytes, unless it is there. Throws std::bad_alloc, and as
    // check_fits.
    void make(Arena& arena, std::uint64_t size);
    // Of one piece that is made.
    View place(std::uint64_t offset, std::uint64_t size) const {
        return View(piece_, offset, size);
    }
    // Another of the same kind. Who still writes to this one keeps its memory, and disturbs nobody.
    Destination afresh() const { return Destination(kind_, is_users() ? piece_ : nullptr); }

  private:
    enum class Kind : std::uint8_t { chunks, one_piece, users };
    Destination(Kind kind, std::shared_ptr<Buffer> piece) noexcept
        : kind_(kind), piece_(std::move(piece)) {}

    Kind kind_;
    std::shared_ptr<Buffer> piece_;
};

}  // namespace s3pipes
