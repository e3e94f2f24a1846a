// The bytes that all objects nobody put are cut from.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace s3pipes::sim {

// Pseudo-random (SHAKE-128 of `pool_seed`), in memory that is a file too: sendfile spares the copy.
class Pool {
  public:
    static constexpr std::size_t block_bytes = 64 << 10;
    static constexpr std::size_t places = 1 << 18;  // where a block may begin
    static constexpr std::size_t step_bytes = 16;   // between two of them
    static constexpr std::size_t size_bytes = places * step_bytes + block_bytes;

    static const Pool& shared();

    std::span<const std::byte> bytes() const noexcept { return {begin_, size_bytes}; }
    int file() const noexcept { return file_; }
    // Where in the file these bytes lie, if they are the pool's.
    std::optional<std::size_t> offset(std::span<const std::byte> bytes) const noexcept;

    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

  private:
    Pool();

    int file_ = -1;
    std::byte* begin_ = nullptr;
};

}  // namespace s3pipes::sim
