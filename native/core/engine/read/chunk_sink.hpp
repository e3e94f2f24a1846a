// Where the body of a chunk's answer goes, and where its head is held against what is known.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "core/engine/read/todo.hpp"
#include "core/memory/charge.hpp"
#include "core/policy/path.hpp"
#include "core/store/object_store.hpp"

namespace s3pipes {

class Engine;

class ChunkSink final : public BodySink {
  public:
    ChunkSink(Engine& engine, const Todo::Start& what, GetRequest& request);

    std::span<std::byte> begin(const ObjectMeta& meta, ByteRange body) override;
    void advanced(std::size_t total) override;
    bool reserve(std::uint64_t bytes) override;

    std::uint64_t received() const noexcept { return filled_ - filled_before_; }
    // How its answer came; only once that is whole.
    Served served() const noexcept;

  private:
    Engine& engine_;
    const Todo::Start& what_;
    GetRequest& request_;  // the next attempt's
    const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point head_ = began_;
    std::uint64_t filled_before_;
    std::uint64_t filled_;
    std::vector<Charge> reserved_;
};

}  // namespace s3pipes
