#include "core/engine/loop.hpp"

#include "core/engine/quiet_thread.hpp"
#include "core/http/per_loop.hpp"

namespace s3pipes {

Loop::Loop(std::size_t index)
    : index_(index),
      work_(context_.get_executor()),
      watchdog_(context_),
      pool_(context_, watchdog_) {
    thread_ = quiet_thread("s3pipes-loop", [this] {
        loop_of_this_thread = index_;
        watchdog_.start();
        lateness_.start();
        context_.run();
    });
    pause_.emplace(context_);
}

Loop::~Loop() {
    stop();
}

void Loop::stop() {
    pause_.reset();
    context_.stop();
    if (thread_.joinable()) thread_.join();
}

}  // namespace s3pipes
