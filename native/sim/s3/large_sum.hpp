// The checksum of a large object, computed a piece at a time so that others have their turn.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "core/s3/base64.hpp"
#include "sim/s3/checksums.hpp"
#include "sim/s3/contents.hpp"
#include "sim/s3/object.hpp"

namespace s3pipes::sim {

class LargeSum {
  public:
    static constexpr std::uint64_t piece_bytes = std::uint64_t{4} << 20;

    // Of an object that says by which algorithm.
    explicit LargeSum(ObjectPtr object) : object_(std::move(object)), sum_(*object_->summed_by) {}

    const Object& object() const noexcept { return *object_; }

    // Adds the next piece. False: that was the last.
    bool go_on() {
        const auto end = std::min(object_->size, at_ + piece_bytes);
        each_piece(*object_->content, at_, end,
                   [this](std::string_view piece) { sum_.add(piece); });
        at_ = end;
        return at_ < object_->size;
    }
    std::string finish() { return encode_base64(sum_.finish()); }

  private:
    ObjectPtr object_;
    Summing sum_;
    std::uint64_t at_ = 0;
};

}  // namespace s3pipes::sim
