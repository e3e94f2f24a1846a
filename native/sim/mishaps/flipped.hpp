// A content of which some bits are wrong.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sim/s3/content.hpp"

namespace s3pipes::sim {

class FlippedContent final : public Content {
  public:
    using Bits = std::vector<std::pair<std::uint64_t, std::byte>>;  // offset and which of its bits

    FlippedContent(std::shared_ptr<const Content> right, Bits flipped);

    std::uint64_t size() const noexcept override { return right_->size(); }
    std::span<const std::byte> in_place(std::uint64_t offset) const noexcept override;
    void fill(std::uint64_t offset, std::span<std::byte> into) const noexcept override;

  private:
    Bits::const_iterator at_or_after(std::uint64_t offset) const noexcept;

    std::shared_ptr<const Content> right_;
    Bits flipped_;  // by offset
};

}  // namespace s3pipes::sim
