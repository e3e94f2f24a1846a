// Bytes with what keeps them alive: the only form in which memory is handed around.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

#include "core/memory/buffer.hpp"

namespace s3pipes {

class View {
  public:
    View() = default;  // no bytes
    View(std::shared_ptr<Buffer> owner, std::size_t offset, std::size_t size)
        : owner_(std::move(owner)), size_(size) {
        if (!owner_ || offset > owner_->capacity() || size > owner_->capacity() - offset)
            throw std::out_of_range("a view beyond its buffer");
        data_ = owner_->data() + offset;
    }

    std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    std::span<std::byte> bytes() const noexcept { return {data_, size_}; }
    operator std::span<const std::byte>() const noexcept { return {data_, size_}; }

    // Whose memory it is; none where there are no bytes.
    const std::shared_ptr<Buffer>& owner() const noexcept { return owner_; }

    View part(std::size_t offset, std::size_t size) const {
        if (offset > size_ || size > size_ - offset)
            throw std::out_of_range("a view beyond a view");
        View result;
        result.owner_ = owner_;
        result.data_ = data_ + offset;
        result.size_ = size;
        return result;
    }

  private:
    std::shared_ptr<Buffer> owner_;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace s3pipes
