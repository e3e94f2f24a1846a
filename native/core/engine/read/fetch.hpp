// Brings one chunk.
#pragma once

#include <memory>
#include <optional>

#include "core/engine/read/chunk_sink.hpp"
#include "core/engine/read/todo.hpp"
#include "core/engine/task.hpp"

namespace s3pipes {

class Engine;

class Fetch final : public Task {
  public:
    // The engine lives longer: it owns the loop.
    Fetch(Engine& engine, Todo::Start what);

  private:
    boost::asio::awaitable<void> attempt() override;
    void ended(std::optional<Failure> failure) override;
    bool unwanted() const override { return what_.chunk->given_up; }
    bool complete() const override;
    bool progressed() const override { return sink_ && sink_->received() != 0; }
    void failed(const Error& error) override;
    std::string url() const override { return what_.download->store->url_of(what_.download->key); }
    ByteRange range() const override { return what_.chunk->range; }
    const std::string& origin() const override { return what_.download->store->origin(); }

    Engine& engine_;
    const Todo::Start what_;
    GetRequest request_;             // of the next attempt
    std::optional<ChunkSink> sink_;  // of the present attempt
};

}  // namespace s3pipes
