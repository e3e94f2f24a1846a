// What answers bring, and who is woken for it.
#include <algorithm>
#include <utility>

#include "core/engine/read/flow.hpp"
#include "core/engine/read/lane.hpp"
#include "core/engine/read/scheduler.hpp"
#include "core/engine/read/todo.hpp"

namespace s3pipes {
namespace {

constexpr std::uint64_t large_chunk_bytes = 1 << 20;
constexpr int worth_a_wake = 16;  // objects
constexpr std::chrono::microseconds wake_patience{200};
constexpr std::uint64_t smallest_guess_bytes = 64 << 10;

double seconds(Scheduler::Instant instant) noexcept {
    return std::chrono::duration<double>(instant.time_since_epoch()).count();
}

}  // namespace

Todo Scheduler::answered(Stream* stream, Chunk& chunk, const ObjectMeta& meta, double first_byte_s,
                         Instant now) {
    Todo todo;
    if (chunk.given_up) throw Error(ErrorKind::cancelled, "the reader went away");
    Lane& lane = *stream->lane;
    Flow& flow = *stream->flow;
    flow.path.answered(first_byte_s, flow.running == 1);
    flow.lateness.answered(first_byte_s);
    flow.pace.accepted(seconds(now));
    flow.in_flight.answered(flow.path.nearness());
    adapt(lane, flow);
    ChunkQueue::FillEnd fill = stream->fill();
    const bool first = fill.learn(meta);
    if (first) lane.guesses = true;
    if (first)
        lane.size_guess = std::max<std::uint64_t>(
            meta.size + std::min(meta.size / 4, UINT64_MAX - meta.size), smallest_guess_bytes);
    if (first) flow.size_guess = lane.size_guess;
    const bool placed = chunk.memory.owner() != nullptr;
    if (!placed) fill.place(chunk, arena_);
    if (placed && !first) return todo;
    // A small object is waited for as a whole; of a large one reading begins now.
    if (stream->waits != Waits::no && (first || !stream->queue().is_single(chunk)))
        todo.wakes.push_back(stream->download);
    refresh(*stream, todo);
    kick(todo, &lane);  // there may be more to ask for now, or more allowed at once
    return todo;
}

Todo Scheduler::ended(Stream* stream, Chunk& chunk, std::unique_ptr<const Failure> failure,
                      const std::optional<Served>& served, Instant now) {
    const std::size_t loop = chunk.loop;
    Flow& flow = *stream->flow;
    if (served) {
        flow.lateness.served(*served);
        flow.retries.succeeded();
        if (const auto span = flow.path.served(*served, seconds(now)))
            if (flow.in_flight.spanned(*span, flow.running)) flow.path.changed();
    }
    count_running(flow, loop, -1);
    --stats_.running;
    leaving_ -= std::exchange(chunk.leaving, 0);
    Todo todo;
    account(*stream, chunk, failure == nullptr);
    if (!stream->closed) stream->lane->caught_up(chunk);
    stream->fill().finish(chunk, std::move(failure));
    if (stream->closed) {
        if (stream->queue().running() == 0) {
            todo.wakes.push_back(stream->download);  // its close() may wait for the last one
            forget(*stream);
        }
    } else {
        refresh(*stream, todo);
        const bool small = !chunk.failure && chunk.range.size() < large_chunk_bytes;
        ended_since_wake_ = std::min(ended_since_wake_ + 1, worth_a_wake);
        if (stream->waits == Waits::thread) collect_wake(stream->download, small, todo);
    }
    pump(loop, todo);
    return todo;
}

std::optional<Todo> Scheduler::corrected(Stream* stream, const ObjectMeta& meta) {
    if (stream->closed || !stream->fill().correct(meta)) return std::nullopt;
    Todo todo;
    refresh(*stream, todo);
    todo.wakes.push_back(stream->download);
    kick(todo, stream->lane);
    return todo;
}

double Scheduler::failed(Stream* stream, ErrorKind why, Instant now, double rnd) {
    Flow& flow = *stream->flow;
    if (why == ErrorKind::throttled)
        flow.pace.refused(seconds(now));
    else if (is_transient(why))
        flow.lateness.failed();
    return flow.retries.spent(seconds(now), flow.in_flight.limit(), why == ErrorKind::connection,
                              rnd);
}

void Scheduler::count_running(Flow& flow, std::size_t loop, int more) noexcept {
    flow.running += more;
    running_[loop] += more;
    running_total_ += more;
}

Todo Scheduler::pauses(Stream* stream, const Chunk& chunk) {
    count_running(*stream->flow, chunk.loop, -1);
    return pump(chunk.loop);
}

void Scheduler::goes_on(Stream* stream, const Chunk& chunk) noexcept {
    count_running(*stream->flow, chunk.loop, 1);
}

Scheduler::Instant Scheduler::turn(Stream* stream, Instant now) {
    const double wait_s = stream->flow->pace.slot_s(seconds(now)) - seconds(now);
    return now +
           std::chrono::duration_cast<Instant::duration>(std::chrono::duration<double>(wait_s));
}

Todo Scheduler::look_at(Stream* stream, const Chunk& chunk, const Lateness::Standing& standing,
                        Instant now, Lateness::Look& look) {
    Flow& flow = *stream->flow;
    Todo todo;
    look = flow.lateness.look(standing, flow.running, flow.pace.active(), seconds(now));
    // Nobody waits for what was given up; and of a closed stream there may be no lane any more.
    if (!look.slow || chunk.given_up || stream->closed) return todo;
    if (Lane& lane = *stream->lane; lane.falls_behind(*stream, chunk)) {
        activate(lane);
        kick_any(todo);
    }
    return todo;
}

// To wake a thread costs as much as a small object. So a reader of small ones sleeps until several
// more are there, if they come at once.
void Scheduler::collect_wake(const std::shared_ptr<Download>& download, bool small, Todo& todo) {
    to_wake_.push_back(download);
    const bool later = small && running_total_ > 0 && ended_since_wake_ < worth_a_wake;
    if (std::exchange(later ? wake_later_ : wake_soon_, true)) return;
    todo.due = later ? wake_patience : std::chrono::microseconds(0);
}

Todo Scheduler::due() {
    Todo todo;
    todo.wakes.swap(to_wake_);
    ended_since_wake_ = 0;
    wake_soon_ = wake_later_ = false;
    return todo;
}

}  // namespace s3pipes
