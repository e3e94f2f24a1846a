#include "core/engine/reader.hpp"

#include <algorithm>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/object_stream.hpp"
#include "core/words/generation.hpp"

namespace s3pipes {
namespace {

// A window found by measurement may take half the budget: the other half is for other readers.
std::uint64_t window_limit(const Engine& engine) {
    return engine.arena().budget() / 2;
}

// More streams than this ahead of the consumer would only cost memory: no loop has so many
// requests in flight.
constexpr std::size_t most_open_ahead = 1024;
constexpr std::size_t fewest_open_ahead = 4;
// Opened and not yet started: so many that a loop never runs dry while Python opens the next ones.
constexpr std::size_t backlog = 64;

// Where a window begins: two are received while two wait to be consumed; a near store refills one
// chunk before the other is consumed.
constexpr std::uint64_t far_chunks = 4;
constexpr std::uint64_t near_chunks = 2;

}  // namespace

Reader::Reader(std::shared_ptr<Engine> engine, ReadRules rules)
    : engine_(std::move(engine)),
      rules_(rules),
      policy_(chunk_bytes(), far_chunks, window_limit(*engine_)) {
    engine_->check_process();
    std::lock_guard lock(engine_->scheduler().mutex());
    engine_->scheduler().add(*this);
}

Reader::~Reader() {
    if (!engine_->of_present_process()) {
        leave_behind(fetchable_, ready_);
        return;
    }
    std::lock_guard lock(engine_->scheduler().mutex());
    engine_->scheduler().remove(*this);
}

void Reader::adapt(bool near) {
    if (near == near_ || far_for_good_ || rules_.chunk_bytes) return;
    near_ = near;
    far_for_good_ = !near;
    policy_ = WindowPolicy(chunk_bytes(), near ? near_chunks : far_chunks, window_limit(*engine_));
}

std::shared_ptr<ObjectStream> Reader::open(OpenRequest request) {
    engine_->check_process();
    Scheduler& scheduler = engine_->scheduler();
    std::lock_guard lock(scheduler.mutex());
    Nearness& nearness = scheduler.nearness(request.store.get());
    if (nearness.known()) adapt(nearness.near());
    auto stream = std::make_shared<ObjectStream>(engine_, shared_from_this(), std::move(request),
                                                 nearness, scheduler.next_order());
    ++engine_->stats().streams;
    stream->enqueue();
    return stream;
}

void Reader::start() {
    engine_->check_process();
    Scheduler& scheduler = engine_->scheduler();
    std::lock_guard lock(scheduler.mutex());
    scheduler.kick();
}

bool Reader::has_room(std::size_t open_ahead) const {
    engine_->check_process();
    if (rules_.lookahead) return open_ahead < static_cast<std::size_t>(*rules_.lookahead);
    if (open_ahead >= most_open_ahead) return false;
    // While one large object is read nobody opens another: the next ones must be open by then.
    if (open_ahead < fewest_open_ahead) return true;
    std::lock_guard lock(engine_->scheduler().mutex());
    // Enough is opened when the window is full and streams wait for their turn.
    return outstanding_ < window() && fetchable_.size() < backlog;
}

std::shared_ptr<ObjectStream> Reader::next_unready() const {
    for (const auto& [order, stream] : fetchable_)
        if (!stream->announced_)
            if (auto found = stream->weak_from_this().lock()) return found;
    return nullptr;
}

std::uint64_t Reader::next_ready(const Poll& poll) {
    engine_->check_process();
    Scheduler& scheduler = engine_->scheduler();
    // Outlives the lock, which the last holder of a stream takes.
    std::vector<std::shared_ptr<ObjectStream>> waited_for;
    std::unique_lock lock(scheduler.mutex());
    // The window, or memory, may be full of streams that were given and not read. As who waits for
    // one stream may go beyond it, so may who waits for any: by the next chunk.
    ObjectStream* next = nullptr;
    struct Done {
        Scheduler& scheduler;
        ObjectStream*& next;
        ~Done() {
            if (next) scheduler.wait_ends(*next);
        }
    } done{scheduler, next};
    wait_in_slices(lock, ready_changed_, poll, engine_->stats(), [&] {
        if (!ready_.empty() || scheduler.stopped()) return true;
        if (next && next->closed_) next = nullptr;
        if (!next) {
            if (auto found = next_unready()) {
                next = found.get();
                waited_for.push_back(std::move(found));
                scheduler.wait_begins(*next);
            }
        }
        scheduler.kick();
        return false;
    });
    if (ready_.empty())
        throw Failure(Error(ErrorKind::cancelled, "the engine was shut down"), "", {}, 0, 0);
    const std::uint64_t tag = ready_.front();
    ready_.pop_front();
    return tag;
}

}  // namespace s3pipes
