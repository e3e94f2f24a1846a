// What a store has told of its objects' checksums: whether it is worth asking for more of them.
#pragma once

#include <optional>

#include "core/s3/object_checksum.hpp"

namespace s3pipes {

class ChecksumHabit {
  public:
    // The one that the next object is expected to have; of a store that is not known yet, the one
    // that S3 adds to what is put without any.
    ChecksumKind kind() const noexcept { return kind_; }
    // A question may be answered.
    bool asks() const noexcept { return in_vain_ < enough; }

    // Of one object; nullopt: there is none.
    void told(std::optional<ChecksumKind> kind) noexcept {
        in_vain_ = kind ? 0 : in_vain_ + 1;
        if (kind && joins(*kind)) kind_ = *kind;
    }

  private:
    static constexpr int enough = 5;

    ChecksumKind kind_ = ChecksumKind::crc64nvme;
    int in_vain_ = 0;  // objects in a row
};

}  // namespace s3pipes
