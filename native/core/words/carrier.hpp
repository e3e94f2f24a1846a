// What carries one answer, for who may have to end it.
#pragma once

#include <cstdint>

namespace s3pipes {

// Used on the thread of its event loop alone.
class Carrier {
  public:
    // Of its address, as Error::from; 0 where the name has no other.
    virtual std::uint64_t mark() const noexcept = 0;
    // Whatever is waited for ends with Error{cancelled}, and no more byte is taken.
    virtual void cut() noexcept = 0;

  protected:
    ~Carrier() = default;
};

}  // namespace s3pipes
