#include "core/memory/destination.hpp"

#include "core/words/error.hpp"

namespace s3pipes {

void Destination::check_fits(std::uint64_t size) const {
    if (!is_users() || size <= piece_->capacity()) return;
    throw Error(ErrorKind::config, "the object has " + std::to_string(size) +
                                       " bytes, more than the buffer's " +
                                       std::to_string(piece_->capacity()));
}

void Destination::make(Arena& arena, std::uint64_t size) {
    check_fits(size);
    if (!piece_) piece_ = arena.take_outside(size);
}

}  // namespace s3pipes
