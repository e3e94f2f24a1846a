// Where the body of a chunk's answer goes, and where its head is held against what is known.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "core/engine/read/chunk_check.hpp"
#include "core/engine/read/todo.hpp"
#include "core/memory/charge.hpp"
#include "core/policy/path.hpp"
#include "core/store/object_store.hpp"

namespace s3pipes {

class Engine;

// Of one request for the chunk. Two may be on their way, and whose head is here first fills it.
class ChunkSink final : public BodySink {
  public:
    // Who decides among them.
    class Judge {
      public:
        // The head of the sink's answer is here. False: the other fills the chunk.
        virtual bool fills(ChunkSink& sink) = 0;
        virtual void asked(const ChunkSink& sink) noexcept = 0;
        // Its body comes before anybody knows how long it is.
        virtual void collects(const ChunkSink& sink) noexcept = 0;

      protected:
        ~Judge() = default;
    };

    ChunkSink(Engine& engine, const Todo::Start& what, GetRequest& request, ChunkCheck& check,
              Judge& judge);

    void asked() noexcept override;
    void carried(Carrier* by) noexcept override;
    void checksum(const ObjectChecksum& said) override { said_ = said; }
    Place begin(const ObjectMeta& meta, ByteRange body) override;
    void advanced(std::size_t total) override;
    bool reserve(std::uint64_t bytes) override;
    void filled() override;

    // From now on it takes no byte. True: what carries its answer is cut, and so it ends.
    bool end() noexcept;
    bool ended() const noexcept { return ended_; }

    std::uint64_t received() const noexcept { return filled_ - filled_before_; }
    std::uint64_t mark() const noexcept { return mark_; }  // of the address it was asked at
    // How its answer came; only once that is whole.
    Served served() const noexcept;

  private:
    Engine& engine_;
    const Todo::Start& what_;
    GetRequest& request_;  // the next attempt's too
    ChunkCheck& check_;
    Judge& judge_;
    std::optional<ObjectChecksum> said_;  // of what the answer brings
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point head_ = began_;
    std::uint64_t filled_before_ = 0;
    std::uint64_t filled_ = 0;
    std::vector<Charge> reserved_;
    Carrier* carrier_ = nullptr;
    std::uint64_t mark_ = 0;
    bool ended_ = false;
};

}  // namespace s3pipes
