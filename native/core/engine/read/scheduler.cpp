// What readers ask for. Starting is in scheduler_starting.cpp, what answers bring in
// scheduler_answers.cpp, what is known of stores in scheduler_flows.cpp.
#include "core/engine/read/scheduler.hpp"

#include <algorithm>
#include <utility>

#include "core/engine/read/flow.hpp"
#include "core/engine/read/lane.hpp"
#include "core/engine/read/todo.hpp"

namespace s3pipes {
namespace {

// More streams than this ahead of the consumer would only cost memory.
constexpr std::size_t most_open_ahead = 8192;
constexpr std::size_t fewest_open_ahead = 4;
// Opened and not yet started: so many that a loop never runs dry while Python opens the next ones,
// or waits for a late answer: one in a hundred takes three times as long as the mean, or longer.
constexpr std::size_t backlog = 64;
constexpr std::size_t backlog_of_limits = 4;

}  // namespace

Scheduler::Scheduler(Arena& arena, Stats& stats, int max_requests, std::size_t loops,
                     int neighbours)
    : arena_(arena),
      stats_(stats),
      max_requests_(max_requests),
      neighbours_(neighbours),
      running_(loops, 0) {}

Scheduler::~Scheduler() = default;

Scheduler::Lane* Scheduler::open_lane(const ReadRules& rules) {
    auto lane = std::make_unique<Lane>(rules, arena_.budget(), reading_);
    lane->touched = ++clock_;
    Lane* const opened = lane.get();
    lanes_.emplace(opened, std::move(lane));
    return opened;
}

void Scheduler::close_lane(Lane* lane) {
    lane->closed = true;
    if (!lane->streams.empty()) return;
    if (lane->active) std::erase(active_, lane);
    lanes_.erase(lane);
}

Scheduler::Stream* Scheduler::open(Lane* lane, std::shared_ptr<Download> download,
                                   std::uint64_t tag) {
    auto made = std::make_unique<Stream>();
    Stream& stream = *made;
    stream.lane = lane;
    stream.flow = flow_of(*download->store);
    stream.download = std::move(download);
    stream.tag = tag;
    stream.download->checksum_kinds = stream.flow->checksums.kinds();
    lane->flow = stream.flow;
    adapt(*lane, *stream.flow);
    streams_.emplace(&stream, std::move(made));
    if (lane->streams.empty()) ++reading_;
    lane->add(stream);
    ++stats_.streams;
    Todo nothing;  // is on its way yet
    refresh(stream, nothing);
    return &stream;
}

Todo Scheduler::begin(Lane* lane) {
    Todo todo;
    kick(todo, lane);
    return todo;
}

std::size_t Scheduler::room(const Lane* lane, std::size_t open_ahead) const {
    std::size_t most = most_open_ahead;
    if (lane->rules.lookahead) {
        most = static_cast<std::size_t>(*lane->rules.lookahead);
    } else {
        // Enough is opened when the window is full or streams wait for their turn; but while one
        // large object is read nobody opens another: the next ones must be open by then.
        std::size_t wanted = backlog;
        if (lane->known && !lane->near)
            wanted = std::max(wanted, backlog_of_limits *
                                          static_cast<std::size_t>(lane->flow->in_flight.limit()));
        const bool full =
            lane->outstanding - lane->behind >= lane->window() || lane->fetchable.size() >= wanted;
        most =
            full ? fewest_open_ahead : std::min(most, open_ahead + wanted - lane->fetchable.size());
        most = std::max(most, fewest_open_ahead);
    }
    return open_ahead < most ? most - open_ahead : 0;
}

const std::shared_ptr<Signal>& Scheduler::signal_of(const Lane* lane) const noexcept {
    return lane->signal;
}

std::optional<std::uint64_t> Scheduler::take_ready(Lane* lane) {
    touch(*lane);
    if (lane->ready.empty()) return std::nullopt;
    Stream& stream = *lane->ready.front();
    lane->ready.pop_front();
    lane->rank(stream, ++lane->next_rank);
    return stream.tag;
}

// The window, or memory, may be full of streams that were given and not read. As who waits for one
// may go beyond it, so may who waits for any: by the next chunk.
Todo Scheduler::wait_for_any(Lane* lane) {
    Todo todo;
    touch(*lane);
    if (lane->waited_for == nullptr || lane->waited_for->announced) {
        end_wait_for_any(*lane, todo);
        for (const auto& [rank, stream] : lane->fetchable)
            if (!stream->announced && stream->waits == Waits::no) {
                lane->waited_for = stream;
                stream->waits = Waits::thread;
                refresh(*stream, todo);
                break;
            }
    }
    kick(todo, lane);
    return todo;
}

Todo Scheduler::any_came(Lane* lane) {
    Todo todo;
    end_wait_for_any(*lane, todo);
    return todo;
}

void Scheduler::end_wait_for_any(Lane& lane, Todo& todo) {
    if (lane.waited_for != nullptr) end_wait(*std::exchange(lane.waited_for, nullptr), todo);
}

void Scheduler::touch(Lane& lane) {
    lane.touched = ++clock_;
    if (!std::exchange(lane.halted, false)) return;
    activate(lane);
}

Todo Scheduler::moved(Stream* stream) {
    Todo todo;
    touch(*stream->lane);
    stream->lane->read_now(*stream);
    refresh(*stream, todo);
    kick(todo, stream->lane);
    return todo;
}

Todo Scheduler::wait(Stream* stream, Waits how, Instant now) {
    Lane& lane = *stream->lane;
    if (lane.outstanding >= lane.window())
        lane.policy.stalled(
            lane.delivered,
            std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
    if (stream->waits != how) set_urgent(*stream, false);
    stream->waits = how;
    return moved(stream);
}

Todo Scheduler::waits_still(Stream* stream) {
    Todo todo;
    if (stream->urgent != 0) kick_any(todo);
    return todo;
}

Todo Scheduler::wait_over(Stream* stream) {
    Todo todo;
    end_wait(*stream, todo);
    return todo;
}

// Who waits no longer may have to give up memory to who still does.
void Scheduler::end_wait(Stream& stream, Todo& todo) {
    set_urgent(stream, false);
    if (std::exchange(stream.waits, Waits::no) != Waits::no && std::exchange(hungry_, false))
        kick_any(todo);
}

void Scheduler::set_urgent(Stream& stream, bool urgent) {
    if (urgent == (stream.urgent != 0)) return;
    auto& queue = stream.waits == Waits::event_loop ? urgent_in_turn_ : urgent_;
    if (urgent) {
        stream.urgent = ++clock_;
        queue.emplace(stream.urgent, &stream);
    } else {
        queue.erase(std::exchange(stream.urgent, 0));
    }
}

Todo Scheduler::close(Stream* stream) {
    Todo todo;
    Lane& lane = *stream->lane;
    end_wait(*stream, todo);
    refresh(*stream, todo);  // gives up what runs
    call_off_spared(stream, todo);
    if (stream->download->question_loop) todo.needless.push_back(stream->download);
    lane.remove(*stream);
    if (lane.streams.empty()) --reading_;
    stream->closed = true;
    --stats_.streams;
    todo.wakes.push_back(stream->download);
    if (stream->queue().running() == 0) forget(*stream);
    activate(lane);
    kick(todo, &lane);
    if (lane.closed && lane.streams.empty()) close_lane(&lane);
    return todo;
}

void Scheduler::forget(Stream& stream) {
    streams_.erase(&stream);
}

Todo Scheduler::stop() {
    Todo todo;
    stopped_ = true;
    for (const auto& [stream, owned] : streams_) {
        todo.wakes.push_back(stream->download);  // also who waits for the end of its requests
        if (stream->closed) continue;
        ChunkQueue::ReadEnd(stream->queue()).close();
        refresh(*stream, todo);
    }
    call_off_spared(nullptr, todo);
    for (const auto& [lane, owned] : lanes_) todo.ready.push_back(lane->signal);
    return todo;
}

// Brings the records of a stream up to what its queue says. Every change of a queue ends here.
void Scheduler::refresh(Stream& stream, Todo& todo) {
    ChunkQueue& queue = stream.queue();
    ChunkQueue::FillEnd fill = stream.fill();
    if (!stream.closed) settle(stream, todo);
    for (auto& chunk : fill.take_given_up())
        if (chunk->spared)
            spare(stream, chunk);
        else
            call_off(std::move(chunk), todo);
    stats_.bytes_unverified += fill.check().take_unproven();
    if (stream.closed) return;
    Lane& lane = *stream.lane;
    lane.count(stream);
    const bool more = fill.next(lane.chunk_bytes(), lane.size_guess).has_value();
    lane.set_fetchable(stream, more && fill.reads_ahead());
    announce(stream, todo);
    set_urgent(stream, stream.waits != Waits::no && more && queue.starves());
    if (stream.download->signal.watched() && queue.settled()) {
        end_wait(stream, todo);
        todo.tells.push_back(stream.download);
    }
    activate(lane);
}

void Scheduler::spare(const Stream& stream, const std::shared_ptr<Chunk>& chunk) {
    std::erase_if(spared_, [](const auto& one) { return one.second.expired(); });
    spared_.emplace_back(&stream, chunk);
}

void Scheduler::call_off_spared(const Stream* of, Todo& todo) {
    std::erase_if(spared_, [&](const auto& one) {
        if (of != nullptr && one.first != of) return false;
        if (auto chunk = one.second.lock()) call_off(std::move(chunk), todo);
        return true;
    });
}

void Scheduler::call_off(std::shared_ptr<Chunk> chunk, Todo& todo) {
    chunk->leaving = chunk->budget_bytes();
    leaving_ += chunk->leaving;
    todo.cancels.push_back(std::move(chunk));
}

void Scheduler::announce(Stream& stream, Todo& todo) {
    Lane& lane = *stream.lane;
    if (stream.announced || !stream.queue().ready()) return;
    stream.announced = true;
    if (lane.rules.in_order || stream.queue().closed()) return;
    lane.ready.push_back(&stream);
    lane.rank(stream, Lane::ready_rank + ++lane.next_rank);
    todo.ready.push_back(lane.signal);
}

std::ostream& Scheduler::print(std::ostream& out) const {
    out << running_total_ << " of " << max_requests_ << " requests run, " << arena_.charged()
        << " of " << arena_.budget() << " bytes, " << urgent_.size() + urgent_in_turn_.size()
        << " urgent" << (hungry_ ? ", short of memory" : "") << (stopped_ ? ", stopped" : "");
    for (const auto& [address, lane] : lanes_) {
        out << "\nlane: " << lane->outstanding << " (" << lane->behind << " behind) of "
            << lane->window() << " bytes, present " << lane->present
            << (lane->halted ? ", halted" : "");
        for (const auto& [rank, stream] : lane->streams)
            out << "\n  " << rank << (stream->fetchable ? " fetchable" : "")
                << (stream->waits != Waits::no ? " waits" : "") << ": " << stream->queue();
    }
    return out;
}

}  // namespace s3pipes
