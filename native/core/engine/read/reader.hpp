// Who reads several objects, in order or as they come, under one window.
#pragma once

#include <cstddef>
#include <memory>

#include "core/engine/read/request.hpp"
#include "core/engine/read/scheduler.hpp"
#include "core/engine/wait.hpp"

namespace s3pipes {

class Cursor;
class Engine;

// The window spans all objects of the reader: when the present one nears its end the bytes ahead
// are the next one's. Double buffering is a window of two chunks.
class Reader {
  public:
    Reader(std::shared_ptr<Engine> engine, ReadRules rules);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // Nothing is sent before start(): several are opened for the price of waking a loop once.
    std::shared_ptr<Cursor> open(OpenRequest request);
    void start();

    // How many more objects should be opened, so many being open ahead of the consumer.
    std::size_t room(std::size_t open_ahead) const;

    // The tag of an object that can be read without waiting, whichever is first; each is given
    // once. Only without an order.
    std::uint64_t next_ready(const Poll& poll);

  private:
    const std::shared_ptr<Engine> engine_;
    const ReadRules rules_;
    Scheduler::Lane* lane_ = nullptr;
    std::shared_ptr<Signal> signal_;
};

}  // namespace s3pipes
