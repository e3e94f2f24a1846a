// What the engine has to say to whoever reads the log. An engine thread never takes the GIL, so it
// leaves its words here, and a thread of Python's takes them when it waits or reads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/words/generation.hpp"

namespace s3pipes {

// As Python's logging numbers them.
enum class Level : int { debug = 10, info = 20, warning = 30 };

struct Event {
    Level level;
    double at_s;  // since 1970
    std::string text;
};

// Of one process: a fork's child begins with none.
class Events {
  public:
    static constexpr std::size_t most = 4096;  // kept; what comes when it is full is counted

    static Events& here() { return of_this_process<Events>(); }

    // Warnings are always wanted; the others cost one look where nobody reads them.
    bool wants(Level level) const noexcept {
        return static_cast<int>(level) >= least_.load(std::memory_order_relaxed);
    }
    void want(int least) noexcept;

    void add(Level level, std::string text);
    // Whether nobody in the tree of processes has been told of this cause yet; whoever asks first
    // tells it.
    bool first(const std::string& cause);

    bool waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }
    std::vector<Event> take();

  private:
    std::atomic<int> least_{static_cast<int>(Level::warning)};
    std::atomic<bool> waiting_{false};
    std::mutex mutex_;  // a leaf
    std::vector<Event> events_;
    std::uint64_t left_out_ = 0;
    std::set<std::string> told_;
};

}  // namespace s3pipes
