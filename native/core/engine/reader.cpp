#include "core/engine/reader.hpp"

#include <algorithm>

#include "core/engine/engine.hpp"
#include "core/engine/object_stream.hpp"

namespace s3pipes {
namespace {

// A window found by measurement may take half the budget: the other half is for other readers.
std::uint64_t window_limit(const Engine& engine) { return engine.arena().budget() / 2; }

// More streams than this ahead of the consumer would only cost memory: no loop has so many
// requests in flight.
constexpr std::size_t most_open_ahead = 1024;
constexpr std::size_t fewest_open_ahead = 4;
// Opened and not yet started: so many that a loop never runs dry while Python opens the next ones.
constexpr std::size_t backlog = 64;

}  // namespace

Reader::Reader(std::shared_ptr<Engine> engine, ReadRules rules)
    : engine_(std::move(engine)),
      rules_(rules),
      policy_(rules.chunk_bytes, window_limit(*engine_)) {
    engine_->check_process();
    std::lock_guard lock(engine_->scheduler().mutex());
    engine_->scheduler().add(*this);
}

Reader::~Reader() {
    if (!engine_->of_present_process()) return;
    std::lock_guard lock(engine_->scheduler().mutex());
    engine_->scheduler().remove(*this);
}

std::shared_ptr<ObjectStream> Reader::open(OpenRequest request) {
    engine_->check_process();
    Scheduler& scheduler = engine_->scheduler();
    std::lock_guard lock(scheduler.mutex());
    auto stream = std::make_shared<ObjectStream>(engine_, shared_from_this(), std::move(request),
                                                 scheduler.next_order());
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
        if (!stream->announced_) return stream->shared_from_this();
    return nullptr;
}

std::uint64_t Reader::next_ready(const Poll& poll) {
    engine_->check_process();
    std::unique_lock lock(engine_->scheduler().mutex());
    Scheduler& scheduler = engine_->scheduler();
    // The window, or memory, may be full of streams that were given and not read. As who waits for
    // one stream may go beyond it, so may who waits for any: by the next chunk.
    struct Next {
        Scheduler& scheduler;
        std::shared_ptr<ObjectStream> stream;
        ~Next() {
            if (stream) scheduler.wait_ends(*stream);
        }
    } next{scheduler, nullptr};
    wait_in_slices(lock, ready_changed_, poll, engine_->stats(), [&] {
        if (!ready_.empty()) return true;
        if (!next.stream && (next.stream = next_unready())) scheduler.wait_begins(*next.stream);
        scheduler.kick();
        return false;
    });
    const std::uint64_t tag = ready_.front();
    ready_.pop_front();
    return tag;
}

}  // namespace s3pipes
