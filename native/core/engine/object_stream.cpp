#include "core/engine/object_stream.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/words/generation.hpp"

namespace s3pipes {
namespace {

// After a seek a reader may want a few bytes here and there: start small, grow while it goes on.
constexpr std::uint64_t first_step_bytes = 128 << 10;

}  // namespace

ObjectStream::ObjectStream(std::shared_ptr<Engine> engine, std::shared_ptr<Reader> reader,
                           OpenRequest request, Nearness& nearness, std::uint64_t order)
    : engine_(std::move(engine)),
      reader_(std::move(reader)),
      request_(std::move(request)),
      nearness_(nearness),
      order_(order),
      position_(request_.begin),
      meta_(request_.known),
      next_begin_(request_.begin) {
    if (request_.into) whole_ = request_.into->data();
}

ObjectStream::~ObjectStream() {
    if (!engine_->of_present_process()) leave_behind(meta_, chunks_, jobs_, whole_buffer_);
    close();
}

void ObjectStream::check_process() const {
    engine_->check_process();
}

void ObjectStream::check_open() const {
    const char* what = nullptr;
    if (closed_) what = "the stream was closed";
    if (engine_->scheduler().stopped()) what = "the engine was shut down";
    if (what == nullptr) return;
    throw Failure(Error(ErrorKind::cancelled, what), request_.store->url_of(request_.key), {}, 0,
                  0);
}

void ObjectStream::require_meta() const {
    if (meta_) return;
    check_open();
    throw *chunks_.front()->failure;
}

std::uint64_t ObjectStream::end_locked() const {
    return meta_ ? std::min(meta_->size, request_.end) : request_.end;
}

std::optional<ByteRange> ObjectStream::next_range() const {
    if (closed_) return std::nullopt;
    const std::uint64_t end = end_locked();
    if (next_begin_ >= end || (!meta_ && !chunks_.empty())) return std::nullopt;
    if (!chunks_.empty() && chunks_.back()->state == Chunk::State::failed) return std::nullopt;
    const std::uint64_t length = std::min(std::max(step_, wanted_), reader_->chunk_bytes());
    return ByteRange{next_begin_, next_begin_ + std::min(length, end - next_begin_)};
}

std::shared_ptr<Chunk> ObjectStream::chunk_at(std::uint64_t position) const {
    for (const auto& chunk : chunks_)
        if (position >= chunk->range.begin &&
            (position < chunk->range.end || chunk->range.empty() ||
             (chunk->state == Chunk::State::failed && position == chunk->range.begin)))
            return chunk;
    return nullptr;
}

bool ObjectStream::starves() const {
    return !chunk_at(position_) || (notify_descriptor_ >= 0 && jobs_.empty());
}

std::uint64_t ObjectStream::left() const {
    const std::uint64_t end = end_locked();
    return position_ < end ? end - position_ : 0;
}

bool ObjectStream::is_single(const Chunk& chunk) const {
    return meta_ && chunk.range.begin == request_.begin && chunk.range.end == end_locked();
}

bool ObjectStream::ready_locked() const {
    if (closed_ || whole_complete_) return true;
    if (meta_ && left() == 0) return true;
    if (chunks_.empty()) return false;
    const Chunk& chunk = *chunks_.front();
    if (chunk.state != Chunk::State::running) return true;
    return meta_ && chunk.memory != nullptr && !is_single(chunk);
}

bool ObjectStream::ready() const {
    check_process();
    std::lock_guard lock(engine_->scheduler().mutex());
    return ready_locked();
}

void ObjectStream::announce() {
    if (announced_ || closed_ || !ready_locked()) return;
    announced_ = true;
    reader_->ready_.push_back(request_.tag);
    reader_->ready_changed_.notify_all();
}

void ObjectStream::enqueue() {
    const bool wants = !closed_ && !scattered_ && next_range().has_value();
    if (wants)
        reader_->fetchable_.emplace(order_, this);
    else
        reader_->fetchable_.erase(order_);
    announce();
}

void ObjectStream::check_fits() const {
    if (!request_.into || !meta_) return;
    const std::uint64_t size = end_locked() - request_.begin;
    if (size > request_.into->size())
        throw Error(ErrorKind::config, "the object has " + std::to_string(size) +
                                           " bytes, more than the buffer's " +
                                           std::to_string(request_.into->size()));
}

void ObjectStream::fail(Error error, ByteRange range) {
    auto chunk = std::make_shared<Chunk>(range);
    chunk->state = Chunk::State::failed;
    chunk->failure.emplace(std::move(error), request_.store->url_of(request_.key), range, 0, 0);
    chunks_.push_back(std::move(chunk));
    enqueue();
    changed_.notify_all();
    tell_if_settled();
}

void ObjectStream::release(Chunk& chunk) {
    reader_->outstanding_ -= chunk.counted;
    reader_->delivered_ += chunk.counted;
    chunk.counted = 0;
}

void ObjectStream::cancel_jobs() {
    for (const auto& job : jobs_)
        if (!job->cancelled) engine_->scheduler().cancel(job);
}

void ObjectStream::cancel_job_of(const Chunk& chunk) {
    for (const auto& job : jobs_)
        if (job->chunk.get() == &chunk && !job->cancelled) engine_->scheduler().cancel(job);
}

void ObjectStream::halt(Lock& lock) {
    drop_chunks();
    scattered_ = true;
    enqueue();
    // Two requests must not write to the same memory at once.
    if (whole_ != nullptr)
        changed_.wait(lock, [this] { return jobs_.empty() || engine_->scheduler().dead(); });
}

void ObjectStream::jump(Lock& lock) {
    halt(lock);
    step_ = std::min(first_step_bytes, reader_->chunk_bytes());
}

void ObjectStream::drop_chunks() {
    cancel_jobs();
    for (const auto& chunk : chunks_) {
        reader_->outstanding_ -= chunk->counted;
        chunk->counted = 0;
    }
    chunks_.clear();
    next_begin_ = position_;
}

bool ObjectStream::evict() {
    // What the consumer was given as one piece stays.
    if (whole_ != nullptr || request_.contiguous || claimed_) return false;
    if (std::none_of(chunks_.begin(), chunks_.end(),
                     [](const auto& chunk) { return chunk->buffer || chunk->charge != 0; }))
        return false;
    engine_->stats().chunks_evicted += chunks_.size();
    drop_chunks();
    // No bytes ahead again before it is read; but nobody reads what was never announced.
    scattered_ = announced_;
    step_ = whole_chunks;
    enqueue();
    return true;
}

bool ObjectStream::settled() const {
    if (closed_ || whole_complete_) return true;
    const bool failed = std::any_of(chunks_.begin(), chunks_.end(), [](const auto& chunk) {
        return chunk->state == Chunk::State::failed;
    });
    return failed || (meta_ && next_begin_ >= end_locked() && jobs_.empty());
}

void ObjectStream::tell_if_settled() {
    if (notify_descriptor_ < 0 || !settled()) return;
    engine_->scheduler().wait_ends(*this);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(notify_descriptor_, &one, sizeof one);
    ::close(std::exchange(notify_descriptor_, -1));
}

void ObjectStream::notify(int descriptor) {
    check_process();
    std::lock_guard lock(engine_->scheduler().mutex());
    const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    if (notify_descriptor_ >= 0) ::close(notify_descriptor_);
    notify_descriptor_ = copy;
    tell_if_settled();
    // Who was promised a word waits as much as who blocks: the window must not stand in the way.
    if (notify_descriptor_ >= 0 && !waiting_) engine_->scheduler().wait_begins(*this);
}

void ObjectStream::close(bool settle) {
    // In a fork's child: the parent's requests, locks and counters are not ours.
    if (!engine_->of_present_process()) return;
    Lock lock(engine_->scheduler().mutex());
    if (!closed_) {
        closed_ = true;
        drop_chunks();
        engine_->scheduler().forget(*this);
        --engine_->stats().streams;
        changed_.notify_all();
        tell_if_settled();
        engine_->scheduler().kick();
    }
    if (settle)
        changed_.wait(lock, [this] { return jobs_.empty() || engine_->scheduler().dead(); });
}

}  // namespace s3pipes
