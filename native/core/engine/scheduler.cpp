#include "core/engine/scheduler.hpp"

#include <algorithm>
#include <utility>

#include "core/engine/fetcher.hpp"

namespace s3pipes {
namespace {

// So many at once even where answers come at once: they hide the time between two answers.
constexpr int fewest_requests = 8;

constexpr std::uint64_t large_chunk_bytes = 1 << 20;
constexpr int worth_a_wake = 16;  // objects
constexpr std::chrono::microseconds wake_patience{200};

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

void Scheduler::add(Reader& reader) {
    readers_.push_back(&reader);
}

void Scheduler::remove(Reader& reader) {
    std::erase(readers_, &reader);
}

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

void Scheduler::stop() {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    for (const auto& [age, stream] : by_age_) stream->cancel_jobs();
    idle_.wait_for(lock, std::chrono::seconds(1), [this] { return running_total_ == 0; });
}

void Scheduler::bury() {
    std::vector<std::shared_ptr<ObjectStream>> unwoken;  // their ends take the mutex
    std::lock_guard lock(mutex_);
    dead_ = true;
    unwoken.swap(to_wake_);
}

void Scheduler::cancel(const std::shared_ptr<Job>& job) {
    job->cancelled = true;
    const Chunk& chunk = *job->chunk;
    job->leaving = chunk.charge + (chunk.buffer ? chunk.buffer->capacity() : 0);
    leaving_ += job->leaving;
    loops_[job->loop]->post([job] {
        if (!job->finished) job->signal.emit(boost::asio::cancellation_type::terminal);
    });
}

bool Scheduler::startable() const {
    for (const ObjectStream* stream : waiting_)
        if (stream->starves() && stream->next_range()) return true;
    if (running_total_ >= limit_.value()) return false;
    // An event loop looks for more by itself whenever a request ends: waking it for every small
    // object that was consumed would cost more than the object.
    return std::any_of(readers_.begin(), readers_.end(), [this](const Reader* reader) {
        if (reader->fetchable_.empty()) return false;
        const std::uint64_t slack = running_total_ == 0 ? 0 : reader->window() / 8;
        return reader->outstanding_ + slack < reader->window();
    });
}

void Scheduler::kick() {
    if (stopped_ || !startable()) return;
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
    if (stopped_) return nullptr;
    memory_is_short_ = false;
    // By index: a start that fails may end a wait.
    for (std::size_t i = 0; i < waiting_.size(); ++i)
        if (waiting_[i]->starves())
            if (auto job = start(*waiting_[i], true, loop)) return job;
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
        // What was cancelled before gives back enough.
        if (arena_.charged() + bytes <= arena_.budget() + leaving_) return false;
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
        chunk->memory =
            stream.meta_ ? stream.whole_ + (range->begin - stream.request_.begin) : nullptr;
    } else if (!stream.request_.contiguous) {
        const std::uint64_t charge = Arena::rounded(expected);
        if (charge > arena_.budget()) {
            stream.fail(
                Error(ErrorKind::config, "one request of " + std::to_string(expected) +
                                             " bytes does not fit into the memory budget of " +
                                             std::to_string(arena_.budget()) + " bytes"),
                *range);
            return nullptr;
        }
        if (memory_is_short_) return nullptr;
        if (!(urgent ? find_memory(charge, stream) : arena_.try_charge(charge))) {
            memory_is_short_ = urgent;
            return nullptr;
        }
        chunk->charge = charge;
    }
    // Not before it is sure that the job takes it over: its end, under the mutex, would be ours.
    auto self = stream.weak_from_this().lock();
    if (!self) {  // about to be closed, by whoever held it last
        arena_.discharge(chunk->charge);
        return nullptr;
    }
    chunk->counted = expected;
    reader.outstanding_ += expected;
    stream.next_begin_ = range->end;
    stream.chunks_.push_back(chunk);
    touch(stream);

    auto job = std::make_shared<Job>();
    job->stream = std::move(self);
    job->chunk = std::move(chunk);
    job->store = stream.request_.store;
    job->rules = reader.rules().retry;
    job->loop = loop;
    job->request.key = stream.request_.key;
    const bool all =
        range->begin == 0 && range->end == (stream.meta_ ? stream.meta_->size : UINT64_MAX);
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

void Scheduler::throttled() {
    std::lock_guard lock(mutex_);
    limit_.throttled();
}

void Scheduler::leave(Job& job) {
    std::erase_if(job.stream->jobs_, [&](const auto& other) { return other.get() == &job; });
    --running_[job.loop];
    --running_total_;
    --stats_.running;
    leaving_ -= std::exchange(job.leaving, 0);
    if (running_total_ == 0 && stopped_) idle_.notify_all();
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
    ++ended_since_wake_;
    if (stream.waiting_) to_wake_.push_back(stream.shared_from_this());
    if (!to_wake_.empty()) wake_readers(job);
    if (job.cancelled) stream.changed_.notify_all();  // close() may wait for the last one
    stream.announce();
    stream.tell_if_settled();
}

void Scheduler::wake_readers(const Job& job) {
    // To wake a thread costs as much as a small object. So a reader of small ones sleeps until
    // several more are there, if they come at once.
    const bool small =
        job.chunk->state == Chunk::State::ready && job.chunk->range.size() < large_chunk_bytes;
    const bool later = small && running_total_ > 0 && ended_since_wake_ < worth_a_wake;
    bool& underway = later ? wake_timed_ : wake_posted_;
    if (std::exchange(underway, true)) return;
    const auto wake = [this] {
        std::vector<std::shared_ptr<ObjectStream>> streams;
        {
            std::lock_guard lock(mutex_);
            streams.swap(to_wake_);
            ended_since_wake_ = 0;
            wake_posted_ = wake_timed_ = false;
        }
        // Without the mutex, which is what the readers want next.
        for (const auto& stream : streams) stream->changed_.notify_all();
    };
    if (later)
        loops_[job.loop]->after(wake_patience, wake);
    else
        loops_[job.loop]->post(wake);  // behind what is ready at this moment
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
