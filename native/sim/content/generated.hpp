// An object that nobody put: its bytes follow from its name and version.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/content/pool.hpp"
#include "sim/s3/content.hpp"
#include "sim/s3/mixed.hpp"

namespace s3pipes::sim {

inline constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;

// What an object's bytes depend on. s3pipes/testing/simulated_bytes.py computes the same.
constexpr std::uint64_t identity(std::string_view bucket, std::string_view key,
                                 std::uint64_t version) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    const auto take = [&hash](std::string_view text) {
        for (const char c : text) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        }
    };
    take(bucket);
    take("/");
    take(key);
    return mixed(hash + version * golden);
}

// Each block of 64 KiB is a piece of the pool, at a place that hangs on identity and block number.
class Generated final : public Content {
  public:
    Generated(std::uint64_t identity, std::uint64_t size_bytes)
        : pool_(Pool::shared()), identity_(identity), size_bytes_(size_bytes) {}
    Generated(std::string_view bucket, std::string_view key, std::uint64_t version,
              std::uint64_t size_bytes)
        : Generated(sim::identity(bucket, key, version), size_bytes) {}

    std::uint64_t size() const noexcept override { return size_bytes_; }
    std::span<const std::byte> in_place(std::uint64_t offset) const noexcept override;
    void fill(std::uint64_t offset, std::span<std::byte> into) const noexcept override;

  private:
    const Pool& pool_;
    std::uint64_t identity_;
    std::uint64_t size_bytes_;
};

}  // namespace s3pipes::sim
