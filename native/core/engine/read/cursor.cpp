// Waiting, seeking and the ends of a Cursor; reading is in cursor_reading.cpp.
#include "core/engine/read/cursor.hpp"

#include <fcntl.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/engine/read/cursor_waiting.hpp"
#include "core/words/generation.hpp"

namespace s3pipes {

Cursor::Cursor(std::shared_ptr<Engine> engine, std::shared_ptr<Download> download,
               Scheduler::Stream* stream)
    : engine_(std::move(engine)),
      download_(std::move(download)),
      position_(download_->queue.position()),
      stream_(stream) {}

Cursor::~Cursor() {
    if (engine_->of_present_process())
        close();
    else
        leave_behind(download_);
}

Cursor::Lock Cursor::lock() const {
    engine_->check_process();
    return Lock(engine_->mutex());
}

void Cursor::check_open() const {
    const char* what = nullptr;
    if (stream_ == nullptr || download_->queue.closed()) what = "the stream was closed";
    if (engine_->scheduler().stopped()) what = "the engine was shut down";
    if (what == nullptr) return;
    throw Failure(Error(ErrorKind::cancelled, what), download_->store->url_of(download_->key), {},
                  0, 0);
}

void Cursor::require_meta() const {
    if (download_->queue.meta()) return;
    check_open();
    throw *download_->queue.first_failure();
}

void Cursor::moved() {
    decide([this](Scheduler& scheduler) { return scheduler.moved(stream_); });
}

ObjectMeta Cursor::wait_ready(const Poll& poll) {
    Lock held = lock();
    ChunkQueue& queue = download_->queue;
    wait(held, poll, [&] { return queue.ready(); });
    check_open();
    if (const auto first = queue.chunk_at(queue.begin())) {
        if (first->failure && first->readable() == 0) throw *first->failure;
        if (first->state == Chunk::State::ready && queue.is_single(*first)) {
            ChunkQueue::ReadEnd(queue).claim();
            moved();
        }
    }
    require_meta();
    return *queue.meta();
}

bool Cursor::ready() const {
    const Lock held = lock();
    return download_->queue.ready();
}

ObjectMeta Cursor::meta(const Poll& poll) {
    Lock held = lock();
    ChunkQueue& queue = download_->queue;
    wait(held, poll, [&] { return queue.meta() || queue.ready(); });
    require_meta();
    return *queue.meta();
}

std::uint64_t Cursor::end(const Poll& poll) {
    Lock held = lock();
    ChunkQueue& queue = download_->queue;
    wait(held, poll, [&] { return queue.meta() || queue.ready(); });
    require_meta();
    return queue.end();
}

void Cursor::seek(std::uint64_t position) {
    const Lock held = lock();
    ChunkQueue::ReadEnd(download_->queue).seek(position);
    position_ = download_->queue.position();
    if (stream_ != nullptr) moved();
}

void Cursor::notify(int descriptor) {
    const Lock held = lock();
    const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    download_->signal.watch(copy);
    if (stream_ == nullptr) return download_->signal.tell();
    ChunkQueue::ReadEnd(download_->queue).want_all();
    decide([this](Scheduler& scheduler) {
        return scheduler.wait(stream_, Scheduler::Waits::event_loop,
                              std::chrono::steady_clock::now());
    });
}

void Cursor::close(bool settle) {
    // In a fork's child: the parent's requests, locks and counters are not ours.
    if (!engine_->of_present_process()) return;
    Lock held(engine_->mutex());
    if (stream_ != nullptr) {
        ChunkQueue::ReadEnd(download_->queue).close();
        decide([this](Scheduler& scheduler) {
            return scheduler.close(std::exchange(stream_, nullptr));
        });
        download_->signal.tell();
    }
    if (settle)
        download_->signal.changed().wait(
            held, [this] { return download_->queue.running() == 0 || engine_->dead(); });
}

}  // namespace s3pipes
