// Contents that are held in memory, or made of others.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/s3/content.hpp"

namespace s3pipes::sim {

class KeptContent final : public Content {
  public:
    explicit KeptContent(std::string bytes) : bytes_(std::move(bytes)) {}

    std::uint64_t size() const noexcept override { return bytes_.size(); }
    std::span<const std::byte> in_place(std::uint64_t offset) const noexcept override;
    void fill(std::uint64_t offset, std::span<std::byte> into) const noexcept override;

  private:
    std::string bytes_;
};

// Bytes [begin, end) of another.
class SliceContent final : public Content {
  public:
    SliceContent(std::shared_ptr<const Content> whole, std::uint64_t begin, std::uint64_t end)
        : whole_(std::move(whole)), begin_(begin), end_(end) {}

    std::uint64_t size() const noexcept override { return end_ - begin_; }
    std::span<const std::byte> in_place(std::uint64_t offset) const noexcept override;
    void fill(std::uint64_t offset, std::span<std::byte> into) const noexcept override;

  private:
    std::shared_ptr<const Content> whole_;
    std::uint64_t begin_, end_;
};

// Several, one behind the other.
class JoinedContent final : public Content {
  public:
    explicit JoinedContent(std::vector<std::shared_ptr<const Content>> parts);

    std::uint64_t size() const noexcept override { return ends_.empty() ? 0 : ends_.back(); }
    std::span<const std::byte> in_place(std::uint64_t offset) const noexcept override;
    void fill(std::uint64_t offset, std::span<std::byte> into) const noexcept override;

  private:
    std::size_t part_at(std::uint64_t offset) const noexcept;
    std::uint64_t begin_of(std::size_t part) const noexcept { return part ? ends_[part - 1] : 0; }

    std::vector<std::shared_ptr<const Content>> parts_;
    std::vector<std::uint64_t> ends_;
};

// Hands over the bytes [begin, end) piece by piece, in order.
template <typename Take>
void each_piece(const Content& content, std::uint64_t begin, std::uint64_t end, Take take) {
    std::vector<std::byte> piece;
    while (begin < end) {
        auto bytes = content.in_place(begin);
        if (bytes.empty()) {
            piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(end - begin, 64 << 10)));
            content.fill(begin, piece);
            bytes = piece;
        }
        if (bytes.size() > end - begin) bytes = bytes.first(static_cast<std::size_t>(end - begin));
        take(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
        begin += bytes.size();
    }
}

}  // namespace s3pipes::sim
