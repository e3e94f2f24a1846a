// Asks a store what all bytes of an object add up to.
#pragma once

#include <optional>
#include <string>

#include "core/engine/read/todo.hpp"
#include "core/engine/task.hpp"

namespace s3pipes {

class Engine;

// Beside the object's chunks. Where it fails, the bytes are not held against anything.
class ChecksumQuestion final : public Task {
  public:
    // The engine lives longer: it owns the loop.
    ChecksumQuestion(Engine& engine, Todo::Question what);

  private:
    boost::asio::awaitable<void> attempt() override;
    void ended(std::optional<Failure> failure) override;
    bool unwanted() const override;
    std::string url() const override { return what_.download->store->url_of(what_.download->key); }
    const std::string& origin() const override { return what_.download->store->origin(); }

    Engine& engine_;
    const Todo::Question what_;
    std::optional<ObjectChecksum> said_;
    int asked_ = 0;  // times
};

}  // namespace s3pipes
