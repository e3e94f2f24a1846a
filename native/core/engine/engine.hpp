// The engine of this process: memory, event loops, and the mutex around the scheduler.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/engine/loop.hpp"
#include "core/engine/parser_thread.hpp"
#include "core/engine/read/scheduler.hpp"
#include "core/engine/read/todo.hpp"
#include "core/memory/arena.hpp"
#include "core/words/stats.hpp"

namespace s3pipes {

// It, or what is asked, came from before a fork: its threads run in the parent. Ask anew here.
struct Orphaned : std::exception {
    const char* what() const noexcept override { return "this was opened before a fork"; }
};

struct EngineRules {
    std::uint64_t memory_bytes = 512ull << 20;
    int max_requests = 256;
    int event_loops = 1;
    // Processes of this machine that read as this one does: they begin with a part each.
    int neighbours = 1;
};

class Engine {
  public:
    // The one engine of this process, made at the first call. Later calls raise its limits where
    // they ask for more; the number of loops stays. Never destroyed in a fork's child, where its
    // threads do not exist.
    static std::shared_ptr<Engine> of_this_process(const EngineRules& rules);
    // The same, if there is one.
    static std::shared_ptr<Engine> existing();
    // Before the process ends: joins the threads. Nothing can be read afterwards.
    // True where somebody waited.
    static bool shut_down();

    // `stats`: to count in; null: in its own.
    explicit Engine(const EngineRules& rules, Stats* stats = nullptr);

    void stop();  // ends the threads; reading fails from now on

    bool of_present_process() const noexcept;
    void check_process() const;  // throws Orphaned in another process than its own

    Arena& arena() const noexcept { return *arena_; }
    Stats& stats() noexcept { return stats_; }
    std::size_t loop_count() const noexcept { return loops_.size(); }
    Loop& loop(std::size_t i) noexcept { return *loops_[i]; }
    Loop& next_loop() noexcept { return *loops_[turn_++ % loops_.size()]; }
    std::vector<Pool*> pools();
    ParserThread& parser() noexcept { return parser_; }

    // Guards the scheduler, and every queue that it knows of. Not held while bytes are received or
    // copied, and nobody who holds it takes the GIL.
    std::mutex& mutex() noexcept { return mutex_; }
    Scheduler& scheduler() noexcept { return scheduler_; }
    // The loops have ended: what still waits for a request waits in vain. Under the mutex.
    bool dead() const noexcept { return dead_; }

    // Takes a decision of the scheduler under the mutex, and performs it after that. `here`: the
    // loop on whose thread this is.
    template <typename Decide>
    void decide(Decide take, Loop* here = nullptr) {
        Todo todo;
        {
            std::lock_guard lock(mutex_);
            todo = take(scheduler_);
            for (const auto& download : todo.tells) download->signal.tell();
        }
        perform(todo, here);
    }
    // With the mutex held by the caller.
    void perform_held(Todo&& todo);

  private:
    void perform(Todo& todo, Loop* here);
    void pump(std::size_t loop);
    void give_up(const Todo::Start& start);  // there is no memory to begin it

    const std::uint64_t generation_;
    const std::shared_ptr<Arena> arena_;
    Stats own_stats_;
    Stats& stats_;
    std::mutex mutex_;
    std::condition_variable idle_;
    bool dead_ = false;
    std::atomic<bool> stopping_{false};
    Scheduler scheduler_;
    std::vector<std::unique_ptr<std::atomic<bool>>> pumping_;  // a loop has been asked to
    std::vector<std::unique_ptr<Loop>> loops_;
    ParserThread parser_;  // ends before the loops that it answers to
    std::atomic<std::size_t> turn_{0};
};

}  // namespace s3pipes
