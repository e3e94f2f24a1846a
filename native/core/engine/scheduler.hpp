// Which chunk is fetched next, by which event loop, into whose memory.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/engine/job.hpp"
#include "core/engine/loop.hpp"
#include "core/engine/object_stream.hpp"
#include "core/engine/reader.hpp"
#include "core/memory/arena.hpp"
#include "core/policy/nearness.hpp"
#include "core/policy/pacing.hpp"
#include "core/words/stats.hpp"

namespace s3pipes {

// A reader that waits comes first, and for it unread chunks of others are given up when memory is
// short: they are fetched again when their turn comes. So a request that runs always has its
// memory, each one ends, and nobody waits for ever, whatever streams lie about unread.
// After that the readers take turns, each within its window, in its own order.
class Scheduler {
  public:
    Scheduler(Arena& arena, Stats& stats, int max_requests);

    void attach(std::vector<Loop*> loops);
    std::mutex& mutex() noexcept { return mutex_; }

    // The caller holds the mutex.
    void add(Reader& reader);
    void remove(Reader& reader);
    void wait_begins(ObjectStream& stream);
    void wait_ends(ObjectStream& stream);
    void touch(ObjectStream& stream);
    void forget(ObjectStream& stream);
    void kick();  // something may have become startable
    void cancel(const std::shared_ptr<Job>& job);
    bool stopped() const noexcept { return stopped_; }  // nothing starts any more
    bool dead() const noexcept { return dead_; }        // and nothing runs
    std::uint64_t next_order() noexcept { return ++order_; }
    void answered(double latency_s) noexcept { limit_.answered(latency_s); }
    Nearness& nearness(const ObjectStore* store) { return nearness_[store]; }

    // On a loop's thread, without the mutex.
    void pump(Loop& loop);
    void throttled();
    void ended(Job& job, std::optional<Failure> failure);
    // The head showed an object larger than the memory set aside for it: again, now that its size
    // is known.
    void put_back(Job& job);

    Arena& arena() noexcept { return arena_; }
    Stats& stats() noexcept { return stats_; }
    void raise_max_requests(int max_requests);

    // Cancels what runs and waits for its end, up to a second.
    void stop();
    void bury();  // the loops' threads have ended

  private:
    std::shared_ptr<Job> next_job(std::size_t loop);
    std::shared_ptr<Job> start(ObjectStream& stream, bool urgent, std::size_t loop);
    bool find_memory(std::uint64_t bytes, const ObjectStream& for_stream);
    bool startable() const;
    void leave(Job& job);
    void wake_readers(const Job& job);

    Arena& arena_;
    Stats& stats_;
    std::vector<Loop*> loops_;
    std::vector<std::unique_ptr<std::atomic<bool>>> kicked_;

    std::mutex mutex_;
    int max_requests_;
    RequestLimit limit_;
    std::map<const ObjectStore*, Nearness> nearness_;
    std::vector<int> running_;  // per loop
    int running_total_ = 0;
    bool memory_is_short_ = false;  // somebody waits for some: nobody else takes any
    std::uint64_t leaving_ = 0;     // bytes of the budget held by cancelled jobs
    std::atomic<bool> stopped_{false};
    bool dead_ = false;
    std::condition_variable idle_;
    std::uint64_t order_ = 0;
    std::uint64_t clock_ = 0;
    std::size_t turn_ = 0;
    std::vector<Reader*> readers_;
    std::vector<ObjectStream*> waiting_;
    std::vector<std::shared_ptr<ObjectStream>> to_wake_;  // what they waited for is there
    int ended_since_wake_ = 0;
    bool wake_posted_ = false;
    bool wake_timed_ = false;
    std::map<std::uint64_t, ObjectStream*> by_age_;  // streams that may hold chunks, oldest first
};

}  // namespace s3pipes
