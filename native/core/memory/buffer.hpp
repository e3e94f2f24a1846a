// One piece of memory with its owner: the arena's, returned to it when dropped, or the user's own.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace s3pipes {

class Arena;

class Buffer {
    struct Key {  // only the arena makes buffers, and around()
        explicit Key() = default;
    };

  public:
    Buffer(Key, std::shared_ptr<Arena> arena, std::byte* data, std::size_t capacity, bool charged)
        : arena_(std::move(arena)), data_(data), capacity_(capacity), charged_(charged) {}

    // The user's own memory, which stays in place until the last use of this buffer.
    static std::shared_ptr<Buffer> around(std::span<std::byte> memory);

    ~Buffer();
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    std::byte* data() const noexcept { return data_; }
    std::size_t capacity() const noexcept { return capacity_; }
    bool in_budget() const noexcept { return charged_; }

    // From now on the user's: no longer counted against the budget, though it still comes back.
    void leave_budget() noexcept;

  private:
    friend class Arena;

    std::shared_ptr<Arena> arena_;  // none: the user's own
    std::byte* data_;
    std::size_t capacity_;
    bool charged_;
};

}  // namespace s3pipes
