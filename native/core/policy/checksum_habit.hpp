// What a store has told of its objects' checksums: whether it is worth asking for more of them.
#pragma once

#include <optional>

#include "core/s3/object_checksum.hpp"

namespace s3pipes {

class ChecksumHabit {
  public:
    // Which the next object may have.
    ChecksumKinds kinds() const noexcept {
        return alike_ < sure ? ChecksumKinds::all_that_join() : ChecksumKinds(last_);
    }
    // A question may be answered. Newer objects of a store may have what older ones have not.
    bool asks() const noexcept { return in_vain_ < enough || passed_over_ >= most_passed_over; }
    // Of an object nobody asked.
    void passed_over() noexcept { ++passed_over_; }

    // Of one object; nullopt: there is none.
    void told(std::optional<ChecksumKind> kind) noexcept {
        in_vain_ = kind ? 0 : in_vain_ + 1;
        passed_over_ = 0;
        if (!kind || !joins(*kind)) return;
        alike_ = *kind == last_ ? alike_ + 1 : 1;
        last_ = *kind;
    }

  private:
    static constexpr int enough = 5;
    static constexpr int most_passed_over = 64;
    static constexpr int sure = 2;

    ChecksumKind last_ = ChecksumKind::crc64nvme;
    int alike_ = 0;    // objects in a row, with that
    int in_vain_ = 0;  // ... with none
    int passed_over_ = 0;
};

}  // namespace s3pipes
