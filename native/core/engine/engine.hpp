// The engine of this process: memory, event loops, scheduler.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/loop.hpp"
#include "core/engine/object_stream.hpp"
#include "core/engine/parser_thread.hpp"
#include "core/engine/reader.hpp"
#include "core/engine/scheduler.hpp"
#include "core/memory/arena.hpp"
#include "core/words/stats.hpp"

namespace s3pipes {

struct EngineRules {
    std::uint64_t memory_bytes = 512ull << 20;
    int max_requests = 256;
    int event_loops = 1;
};

class Engine : public std::enable_shared_from_this<Engine> {
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

    explicit Engine(const EngineRules& rules);

    void stop();  // ends the threads; reading fails from now on

    bool of_present_process() const noexcept;
    void check_process() const;  // throws Orphaned in another process than its own

    Arena& arena() const noexcept { return *arena_; }
    Stats& stats() noexcept { return stats_; }
    Scheduler& scheduler() noexcept { return scheduler_; }
    std::size_t loop_count() const noexcept { return loops_.size(); }
    Loop& loop(std::size_t i) noexcept { return *loops_[i]; }
    Loop& next_loop() noexcept { return *loops_[turn_++ % loops_.size()]; }
    std::vector<Pool*> pools();
    ParserThread& parser() noexcept { return parser_; }

  private:
    const std::uint64_t generation_;
    const std::shared_ptr<Arena> arena_;
    Stats stats_;
    Scheduler scheduler_;
    std::vector<std::unique_ptr<Loop>> loops_;
    ParserThread parser_;  // ends before the loops that it answers to
    std::atomic<std::size_t> turn_{0};
};

}  // namespace s3pipes
