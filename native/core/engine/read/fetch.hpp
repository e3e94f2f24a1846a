// Brings one chunk.
#pragma once

#include <memory>
#include <optional>

#include "core/engine/read/chunk_check.hpp"
#include "core/engine/read/chunk_sink.hpp"
#include "core/engine/read/todo.hpp"
#include "core/engine/task.hpp"
#include "core/http/watchdog.hpp"
#include "core/policy/lateness.hpp"

namespace s3pipes {

class Engine;

// Its attempts come one after the other. Beside a late one a second request may run: whose answer
// is here first fills the chunk, and the other is cut.
class Fetch final : public Task, private ChunkSink::Judge, private Watchdog::Watch {
  public:
    // The engine lives longer: it owns the loop.
    Fetch(Engine& engine, Todo::Start what);
    ~Fetch() override;

  private:
    struct Second;  // request

    boost::asio::awaitable<void> attempt() override;
    boost::asio::awaitable<void> ask();
    boost::asio::awaitable<void> prove();
    bool in_place() const;
    boost::asio::awaitable<void> second_look(Error change);
    std::optional<ObjectMeta> known();
    void ended(std::optional<Failure> failure) override;
    bool unwanted() const override { return what_.chunk->given_up; }
    bool complete() const override;
    std::uint64_t brought() const override { return filler_ == nullptr ? 0 : filler_->received(); }
    bool progressed() const override;
    std::chrono::milliseconds failed(const Error& error) override;
    void pauses() override;
    void goes_on() noexcept override;
    void cancelled() override;
    std::string url() const override { return what_.download->store->url_of(what_.download->key); }
    ByteRange range() const override { return what_.chunk->range; }
    const std::string& origin() const override { return what_.download->store->origin(); }

    bool fills(ChunkSink& sink) override;
    void asked(const ChunkSink& sink) noexcept override;
    void collects(const ChunkSink& sink) noexcept override;
    void expired() noexcept override;  // time to look whether it is late
    Lateness::Standing standing() noexcept;
    void hedge();
    void replace(const Lateness::Standing& standing);
    void end_first();
    void end_second() noexcept;
    boost::asio::awaitable<void> turn();
    boost::asio::awaitable<void> second_ends();

    Engine& engine_;
    const Todo::Start what_;
    GetRequest request_;              // of the next attempt
    std::optional<ChunkSink> first_;  // of the present attempt
    std::shared_ptr<Second> second_;
    ChunkSink* filler_ = nullptr;  // whose head is here
    bool paced_;
    ChunkCheck check_;
    std::string told_;  // of a change, by the last answer

    // On the clock of the watchdog.
    double asked_s_ = 0;
    double begun_s_ = 0;  // since the body of the filler came
    double looked_s_ = 0;
    double slow_s_ = 0;
    std::uint64_t seen_ = 0;            // bytes, when it was looked at last
    std::optional<Error> stood_still_;  // why the attempt was given up
};

}  // namespace s3pipes
