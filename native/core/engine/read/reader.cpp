#include "core/engine/read/reader.hpp"

#include <utility>

#include "core/engine/engine.hpp"
#include "core/engine/read/cursor.hpp"
#include "core/words/generation.hpp"

namespace s3pipes {

Reader::Reader(std::shared_ptr<Engine> engine, ReadRules rules)
    : engine_(std::move(engine)), rules_(rules) {
    engine_->check_process();
    std::lock_guard lock(engine_->mutex());
    lane_ = engine_->scheduler().open_lane(rules_);
    signal_ = engine_->scheduler().signal_of(lane_);
}

Reader::~Reader() {
    if (!engine_->of_present_process()) {
        leave_behind(signal_);
        return;
    }
    std::lock_guard lock(engine_->mutex());
    engine_->scheduler().close_lane(lane_);
}

std::shared_ptr<Cursor> Reader::open(OpenRequest request) {
    engine_->check_process();
    const auto store = std::move(request.store);
    auto download = std::make_shared<Download>(store, std::move(request.key), rules_.retry,
                                               ChunkQueue::Wish{{request.begin, request.end},
                                                                std::move(request.known),
                                                                request.glance,
                                                                store->verifies()},
                                               std::move(request.destination));
    std::lock_guard lock(engine_->mutex());
    Scheduler::Stream* const stream = engine_->scheduler().open(lane_, download, request.tag);
    return std::make_shared<Cursor>(engine_, std::move(download), stream);
}

void Reader::start() {
    engine_->check_process();
    engine_->decide([this](Scheduler& scheduler) { return scheduler.begin(lane_); });
}

std::size_t Reader::room(std::size_t open_ahead) const {
    engine_->check_process();
    std::lock_guard lock(engine_->mutex());
    return engine_->scheduler().room(lane_, open_ahead);
}

std::uint64_t Reader::next_ready(const Poll& poll) {
    engine_->check_process();
    std::unique_lock lock(engine_->mutex());
    Scheduler& scheduler = engine_->scheduler();
    auto tag = scheduler.take_ready(lane_);
    if (tag) return *tag;
    struct Done {
        Engine& engine;
        Scheduler::Lane* lane;
        std::unique_lock<std::mutex>& lock;
        ~Done() {
            if (lock.owns_lock()) engine.perform_held(engine.scheduler().any_came(lane));
        }
    } done{*engine_, lane_, lock};
    wait_in_slices(lock, signal_->changed(), poll, *engine_, [&] {
        if ((tag = scheduler.take_ready(lane_)) || scheduler.stopped()) return true;
        engine_->perform_held(scheduler.wait_for_any(lane_));
        return false;
    });
    if (!tag) throw Failure(Error(ErrorKind::cancelled, "the engine was shut down"), "", {}, 0, 0);
    return *tag;
}

}  // namespace s3pipes
