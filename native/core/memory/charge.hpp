// A part of the budget that is set aside. Its end gives it back, whatever has happened.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace s3pipes {

class Arena;

class Charge {
  public:
    Charge() = default;  // of nothing
    ~Charge() { give_back(); }
    Charge(Charge&& other) noexcept
        : arena_(std::move(other.arena_)), bytes_(std::exchange(other.bytes_, 0)) {}
    Charge& operator=(Charge&& other) noexcept {
        if (this == &other) return *this;
        give_back();
        arena_ = std::move(other.arena_);
        bytes_ = std::exchange(other.bytes_, 0);
        return *this;
    }

    std::uint64_t bytes() const noexcept { return bytes_; }
    void give_back() noexcept;

  private:
    friend class Arena;
    Charge(std::shared_ptr<Arena> arena, std::uint64_t bytes) noexcept
        : arena_(std::move(arena)), bytes_(bytes) {}

    std::shared_ptr<Arena> arena_;
    std::uint64_t bytes_ = 0;
};

}  // namespace s3pipes
