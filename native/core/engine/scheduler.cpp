#include "core/engine/scheduler.hpp"

#include <algorithm>

#include "core/engine/fetcher.hpp"

namespace s3pipes {
namespace {

// So many at once even where answers come at once: they hide the time between two answers.
constexpr int fewest_requests = 16;

}  // namespace

Scheduler::Scheduler(Arena& arena, Stats& stats, int max_requests)
    : arena_(arena),
      stats_(stats),
      max_requests_(max_requests),
      limit_(fewest_requests, max_requests) {}

void Scheduler::attach(std::vector<Loop*> loops) {
    loops_ = std::move(loops);
    running_.assign(loops_.size(), 0);
    for (std::size_t i = 0; i < loops_.size(); ++i)
        kicked_.push_back(std::make_unique<std::atomic<bool>>(false));
}

void Scheduler::raise_max_requests(int max_requests) {
    std::lock_guard lock(mutex_);
    if (max_requests <= max_requests_) return;
    max_requests_ = max_requests;
    limit_ = RequestLimit(fewest_requests, max_requests);
}

void Scheduler::add(Reader& reader) { readers_.push_back(&reader); }

void Scheduler::remove(Reader& reader) { std::erase(readers_, &reader); }

void Scheduler::wait_begins(ObjectStream& stream) {
    stream.waiting_ = true;
    waiting_.push_back(&stream);
    kick();
}

void Scheduler::wait_ends(ObjectStream& stream) {
    stream.waiting_ = false;
    std::erase(waiting_, &stream);
}

void Scheduler::touch(ObjectStream& stream) {
    by_age_.erase(stream.touched_);
    stream.touched_ = ++clock_;
    by_age_.emplace(stream.touched_, &stream);
}

void Scheduler::forget(ObjectStream& stream) {
    wait_ends(stream);
    by_age_.erase(stream.touched_);
    stream.reader_->fetchable_.erase(stream.order_);
}

void Scheduler::cancel(const std::shared_ptr<Job>& job) {
    job->cancelled = true;
    loops_[job->loop]->post([job] {
        if (!job->finished) job->signal.emit(boost::asio::cancellation_type::terminal);
    });
}

bool Scheduler::startable() const {
    for (const ObjectStream* stream : waiting_)
        if (!stream->chunk_at(stream->position_) && stream->next_range()) return true;
    if (running_total_ >= limit_.value()) return false;
    return std::any_of(readers_.begin(), readers_.end(), [](const Reader* reader) {
        return !reader->fetchable_.empty() && reader->outstanding_ < reader->window();
    });
}

void Scheduler::kick() {
    if (!startable()) return;
    const auto idlest = static_cast<std::size_t>(
        std::min_element(running_.begin(), running_.end()) - running_.begin());
    if (kicked_[idlest]->exchange(true)) return;
    Loop& loop = *loops_[idlest];
    loop.post([this, &loop, idlest] {
        kicked_[idlest]->store(false);
        pump(loop);
    });
}

void Scheduler::pump(Loop& loop) {
    while (auto job = next_job(loop.index())) run_job(*this, loop, std::move(job));
}

std::shared_ptr<Job> Scheduler::next_job(std::size_t loop) {
    std::lock_guard lock(mutex_);
    for (ObjectStream* stream : waiting_)
        if (!stream->chunk_at(stream->position_))
            if (auto job = start(*stream, true, loop)) return job;
    if (running_total_ >= limit_.value()) return nullptr;
    if (running_[loop] > *std::min_element(running_.begin(), running_.end()) + 4) {
        kick();  // another loop has less to do
        return nullptr;
    }
    for (std::size_t i = 0; i < readers_.size(); ++i) {
        Reader& reader = *readers_[(turn_ + i) % readers_.size()];
        if (reader.fetchable_.empty() || reader.outstanding_ >= reader.window()) continue;
        if (auto job = start(*reader.fetchable_.begin()->second, false, loop)) {
            turn_ = (turn_ + i + 1) % readers_.size();
            return job;
        }
    }
    return nullptr;
}

bool Scheduler::find_memory(std::uint64_t bytes, const ObjectStream& for_stream) {
    if (arena_.try_charge(bytes)) return true;
    for (auto it = by_age_.begin(); it != by_age_.end();) {
        ObjectStream& victim = *(it++)->second;
        if (&victim == &for_stream || victim.waiting_ || !victim.evict()) continue;
        if (arena_.try_charge(bytes)) return true;
    }
    return false;  // what runs will end, and then we are asked again
}

std::shared_ptr<Job> Scheduler::start(ObjectStream& stream, bool urgent, std::size_t loop) {
    const auto range = stream.next_range();
    if (!range) return nullptr;
    Reader& reader = *stream.reader_;
    try {
        stream.check_fits();
    } catch (const Error& error) {
        stream.fail(error, *range);
        return nullptr;
    }
    auto chunk = std::make_shared<Chunk>(*range);
    const std::uint64_t expected =
        stream.meta_ ? range->size() : std::min(range->size(), reader.size_guess_);
    if (stream.whole_ != nullptr) {
        chunk->memory = stream.meta_ ? stream.whole_ + (range->begin - stream.request_.begin) : nullptr;
    } else if (!stream.request_.contiguous) {
        const std::uint64_t charge = Arena::rounded(expected);
        if (charge > arena_.budget()) {
            stream.fail(Error(ErrorKind::config,
                              "one request of " + std::to_string(expected) +
                                  " bytes does not fit into the memory budget of " +
                                  std::to_string(arena_.budget()) + " bytes"),
                        *range);
            return nullptr;
        }
        if (!(urgent ? find_memory(charge, stream) : arena_.try_charge(charge))) return nullptr;
        chunk->charge = charge;
    }
    chunk->counted = expected;
    reader.outstanding_ += expected;
    stream.next_begin_ = range->end;
    stream.chunks_.push_back(chunk);
    touch(stream);

    auto job = std::make_shared<Job>();
    job->stream = stream.shared_from_this();
    job->chunk = std::move(chunk);
    job->store = stream.request_.store;
    job->rules = reader.rules().retry;
    job->loop = loop;
    job->request.key = stream.request_.key;
    const bool all = range->begin == 0 &&
                     range->end == (stream.meta_ ? stream.meta_->size : UINT64_MAX);
    if (!all) job->request.range = *range;
    if (stream.meta_) {
        job->request.if_match = stream.meta_->etag;
        job->request.known_size = stream.meta_->size;
    }
    stream.jobs_.push_back(job);
    stream.enqueue();
    ++running_[loop];
    ++running_total_;
    ++stats_.running;
    return job;
}

void Scheduler::answered(std::chrono::nanoseconds first_byte_latency) {
    std::lock_guard lock(mutex_);
    limit_.answered(first_byte_latency);
}

void Scheduler::throttled() {
    std::lock_guard lock(mutex_);
    limit_.throttled();
}

void Scheduler::leave(Job& job) {
    std::erase_if(job.stream->jobs_, [&](const auto& other) { return other.get() == &job; });
    --running_[job.loop];
    --running_total_;
    --stats_.running;
    if (job.chunk->charge != 0) arena_.discharge(std::exchange(job.chunk->charge, 0));
}

void Scheduler::ended(Job& job, std::optional<Failure> failure) {
    std::lock_guard lock(mutex_);
    leave(job);
    Chunk& chunk = *job.chunk;
    ObjectStream& stream = *job.stream;
    if (failure) {
        chunk.state = Chunk::State::failed;
        chunk.failure = std::move(failure);
    } else if (!job.cancelled) {
        chunk.state = Chunk::State::ready;
        // In the user's memory already: nothing is left to consume. But for a whole object that
        // nobody has taken yet: only the window bounds how many of those lie about.
        if (!chunk.buffer && !(stream.request_.contiguous && stream.is_single(chunk)))
            stream.release(chunk);
    }
    stream.changed_.notify_all();
    stream.announce();
    stream.tell_if_settled();
}

void Scheduler::put_back(Job& job) {
    std::lock_guard lock(mutex_);
    leave(job);
    ObjectStream& stream = *job.stream;
    if (job.cancelled) return;
    stream.drop_chunks();
    stream.enqueue();
    stream.changed_.notify_all();
}

}  // namespace s3pipes
