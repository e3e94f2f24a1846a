#include "core/engine/loop.hpp"

#include <pthread.h>
#include <signal.h>

#include "core/http/per_loop.hpp"

namespace s3pipes {

Loop::Loop(std::size_t index)
    : index_(index),
      work_(context_.get_executor()),
      watchdog_(context_),
      pool_(context_, watchdog_) {
    // Signals belong to the threads of Python.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "s3pipes-loop");
        loop_of_this_thread = index_;
        watchdog_.start();
        context_.run();
    });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Loop::~Loop() {
    stop();
}

void Loop::stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
}

}  // namespace s3pipes
