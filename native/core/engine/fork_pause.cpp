#include "core/engine/fork_pause.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace s3pipes {
namespace {

// No handler takes so long. If one does, a fork as it always was is better than none.
constexpr std::chrono::seconds patience{1};

// One fork. Shared with the handlers: one may come to its turn when the fork is long over.
struct Rest {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t resting = 0;
    bool over = false;

    void rest() {
        std::unique_lock lock(mutex);
        ++resting;
        changed.notify_all();
        changed.wait(lock, [this] { return over; });
    }

    void wait_for(std::size_t all) {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, patience, [&] { return resting == all; });
    }

    void end() {
        std::lock_guard lock(mutex);
        over = true;
        changed.notify_all();
    }
};

struct Running {
    std::mutex mutex;  // held from before a fork until after it
    std::vector<boost::asio::io_context*> contexts;
    std::shared_ptr<Rest> rest;
};

// Never destroyed: threads may outlive static destruction.
Running& running() {
    static Running* const all = new Running;
    return *all;
}

void before_fork() noexcept {
    Running& all = running();
    all.mutex.lock();
    if (all.contexts.empty()) return;
    try {
        all.rest = std::make_shared<Rest>();
        for (auto* context : all.contexts)
            boost::asio::post(*context, [rest = all.rest] { rest->rest(); });
        all.rest->wait_for(all.contexts.size());
    } catch (const std::bad_alloc&) {  // the fork will fail as well
    }
}

void after_fork() noexcept {
    Running& all = running();
    if (all.rest) all.rest->end();
    all.rest.reset();
    all.mutex.unlock();
}

void in_child() noexcept {
    Running& all = running();
    all.contexts.clear();                 // their threads are not here
    new std::shared_ptr<Rest>(all.rest);  // they rest on it for ever: left alone
    all.rest.reset();
    all.mutex.unlock();
}

[[maybe_unused]] const int registered = pthread_atfork(before_fork, after_fork, in_child);

}  // namespace

ForkPause::ForkPause(boost::asio::io_context& context) : context_(context) {
    std::lock_guard lock(running().mutex);
    running().contexts.push_back(&context_);
}

ForkPause::~ForkPause() {
    std::lock_guard lock(running().mutex);
    std::erase(running().contexts, &context_);
}

}  // namespace s3pipes
