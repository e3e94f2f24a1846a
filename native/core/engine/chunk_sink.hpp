// Where the body of a chunk's answer goes, and where its head is held against what is known.
#pragma once

#include <chrono>

#include "core/engine/job.hpp"
#include "core/store/object_store.hpp"

namespace s3pipes {

class Scheduler;

// The object turned out larger than the memory set aside before its size was known.
struct TooSmall {};

class ChunkSink final : public BodySink {
  public:
    ChunkSink(Scheduler& scheduler, Job& job);

    std::span<std::byte> begin(const ObjectMeta& meta, ByteRange body) override;
    void advanced(std::size_t total) override;
    bool reserve(std::uint64_t) override { return true; }

    std::uint64_t received() const noexcept { return filled_ - filled_before_; }

  private:
    void check_same_object(const ObjectMeta& meta) const;
    void place_chunk();

    Scheduler& scheduler_;
    Job& job_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::uint64_t filled_before_;
    std::uint64_t filled_;
};

}  // namespace s3pipes
