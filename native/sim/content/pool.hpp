// The bytes that all objects nobody put are cut from.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace s3pipes::sim {

// Pseudo-random: SHAKE-128 of the words in pool.cpp. sendfile from a memfd was tried and costs as
// much as this copy does.
class Pool {
  public:
    static constexpr std::size_t block_bytes = 64 << 10;
    static constexpr std::size_t places = 1 << 18;  // where a block may begin
    static constexpr std::size_t step_bytes = 16;   // between two of them
    static constexpr std::size_t size_bytes = places * step_bytes + block_bytes;

    static const Pool& shared();

    std::span<const std::byte> bytes() const noexcept { return bytes_; }

    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

  private:
    Pool();

    std::vector<std::byte> bytes_;
};

}  // namespace s3pipes::sim
