// The bytes of an object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace s3pipes::sim {

class Content {
  public:
    virtual ~Content() = default;

    virtual std::uint64_t size() const noexcept = 0;
    // The bytes from `offset` on where they lie in memory already, as many as do; else none.
    virtual std::span<const std::byte> in_place(std::uint64_t offset) const noexcept = 0;
    // Writes the bytes from `offset` on; all of `into` lies inside the object.
    virtual void fill(std::uint64_t offset, std::span<std::byte> into) const noexcept = 0;
};

}  // namespace s3pipes::sim
