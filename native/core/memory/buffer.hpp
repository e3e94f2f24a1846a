// One piece of memory of the arena, returned to it when dropped.
#pragma once

#include <cstddef>
#include <memory>

namespace s3pipes {

class Arena;

class Buffer {
  public:
    ~Buffer();
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    std::byte* data() const noexcept { return data_; }
    std::size_t capacity() const noexcept { return capacity_; }

    // From now on the user's: no longer counted against the budget, though it still comes back.
    void leave_budget() noexcept;

  private:
    friend class Arena;
    Buffer(std::shared_ptr<Arena> arena, std::byte* data, std::size_t capacity, bool charged)
        : arena_(std::move(arena)), data_(data), capacity_(capacity), charged_(charged) {}

    std::shared_ptr<Arena> arena_;
    std::byte* data_;
    std::size_t capacity_;
    bool charged_;
};

}  // namespace s3pipes
