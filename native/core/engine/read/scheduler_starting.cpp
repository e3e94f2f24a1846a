// What the scheduler starts, and for whose memory.
#include <algorithm>
#include <utility>

#include "core/engine/read/flow.hpp"
#include "core/engine/read/lane.hpp"
#include "core/engine/read/scheduler.hpp"
#include "core/engine/read/todo.hpp"
#include "core/policy/victims.hpp"

namespace s3pipes {
namespace {

// Started under one hold of the mutex: others want it too.
constexpr std::size_t batch = 32;
// A loop takes no more while another has so much less to do.
constexpr int uneven = 4;
// A loop is woken for so many chunks of room in a window.
constexpr std::uint64_t worth_a_kick = 4;

}  // namespace

void Scheduler::activate(Lane& lane) {
    if (lane.active || !lane.has_room()) return;
    lane.active = true;
    active_.push_back(&lane);
}

// An event loop looks for more by itself whenever a request ends: waking it for every small object
// that was consumed would cost more than the object.
void Scheduler::kick(Todo& todo, const Lane* lane) {
    if (stopped_) return;
    bool worthwhile = urgent_may_start() || std::exchange(hungry_, false);
    if (!worthwhile && lane->active && running_total_ < max_requests_) {
        const Stream* next = lane->next();
        const std::uint64_t slack =
            running_total_ == 0 ? 0
                                : std::min(lane->window() / 8, worth_a_kick * lane->chunk_bytes());
        worthwhile = next != nullptr && next->flow->has_room() &&
                     lane->nearer_bytes(*next) + slack < lane->window();
    }
    if (worthwhile) kick_any(todo);
}

void Scheduler::kick_any(Todo& todo) {
    if (stopped_ || (!urgent_may_start() && active_.empty())) return;
    todo.pump = static_cast<std::size_t>(std::min_element(running_.begin(), running_.end()) -
                                         running_.begin());
}

bool Scheduler::urgent_may_start() const noexcept {
    return !urgent_.empty() || may_start_in_turn();
}

bool Scheduler::may_start_in_turn() const noexcept {
    return !urgent_in_turn_.empty() && running_total_ < max_requests_ &&
           urgent_in_turn_.begin()->second->flow->has_room();
}

Todo Scheduler::pump(std::size_t loop) {
    Todo todo;
    pump(loop, todo);
    return todo;
}

void Scheduler::pump(std::size_t loop, Todo& todo) {
    hungry_ = false;
    while (start_next(loop, todo))
        if (todo.starts.size() >= batch) {
            todo.pump = loop;
            break;
        }
}

bool Scheduler::start_next(std::size_t loop, Todo& todo) {
    if (stopped_) return false;
    if (start_urgent(loop, todo)) return true;
    // Who waits must find memory first: nobody else takes any.
    if (hungry_ || running_total_ >= max_requests_) return false;
    const auto least = std::min_element(running_.begin(), running_.end());
    if (running_[loop] > *least + uneven) {
        todo.pump = static_cast<std::size_t>(least - running_.begin());
        return false;
    }
    return start_ahead(loop, todo);
}

bool Scheduler::start_urgent(std::size_t loop, Todo& todo) {
    for (auto* queue : {&urgent_, &urgent_in_turn_})
        while (!queue->empty() && !hungry_) {
            if (queue == &urgent_in_turn_ && !may_start_in_turn()) return false;
            Stream& stream = *queue->begin()->second;
            const Began began = start(stream, true, loop, todo);
            if (began == Began::yes) return true;
            if (began == Began::no_memory) hungry_ = true;
        }  // a start in vain ended the wait
    return false;
}

bool Scheduler::start_ahead(std::size_t loop, Todo& todo) {
    for (std::size_t tries = active_.size(); tries > 0; --tries) {
        Lane& lane = *active_.front();
        active_.pop_front();
        lane.active = false;
        Stream* const stream = lane.halted ? nullptr : lane.next();
        if (stream == nullptr || lane.nearer_bytes(*stream) >= lane.window()) continue;
        if (!stream->flow->has_room()) {
            activate(lane);
            continue;
        }
        const Began began = start(*stream, false, loop, todo);
        activate(lane);  // behind the others
        if (began == Began::yes) return true;
        if (began == Began::no_memory) hungry_ = true;
    }
    return false;
}

Scheduler::Began Scheduler::start(Stream& stream, bool urgent, std::size_t loop, Todo& todo) {
    Lane& lane = *stream.lane;
    ChunkQueue& queue = stream.queue();
    ChunkQueue::FillEnd fill = stream.fill();
    const std::uint64_t guess = lane.guess_for(stream);
    const std::uint64_t largest = lane.chunk_bytes_of(stream);
    auto range = fill.next(largest, guess);
    const auto in_vain = [&](const Error& error) {
        const Download& download = *stream.download;
        fill.fail(*range, std::make_unique<const Failure>(
                              error, download.store->url_of(download.key), *range, 0, 0));
        refresh(stream, todo);
        collect_wake(stream.download, false, todo);
        return Began::in_vain;
    };
    if (!range) {
        refresh(stream, todo);
        return Began::in_vain;
    }
    Charge charge;
    try {
        fill.check_fits();
        if (!queue.is_one_piece()) {
            // Without its size a whole chunk is asked for only where that fits.
            if (!queue.meta() && Arena::rounded(range->size()) > arena_.budget())
                range = fill.next(std::min(largest, lane.size_guess), guess);
            const std::uint64_t bytes = Arena::rounded(range->size());
            if (bytes > arena_.budget())
                throw Error(ErrorKind::config,
                            "one request of " + std::to_string(range->size()) +
                                " bytes does not fit into the memory budget of " +
                                std::to_string(arena_.budget()) + " bytes");
            auto found = find_memory(bytes, stream, urgent, todo);
            if (!found) return Began::no_memory;
            charge = std::move(*found);
        }
    } catch (const Error& error) {
        return in_vain(error);
    }
    const std::uint64_t counted =
        queue.meta() ? range->size() : std::min(range->size(), lane.size_guess);
    auto chunk = fill.start(*range, std::move(charge), counted);
    chunk->loop = loop;
    if (fill.check().may_ask() && !stream.flow->checksums.asks()) {
        fill.check().end();
        stream.flow->checksums.passed_over();
    }
    chunk->summed = fill.check().sums();
    count_running(*stream.flow, loop, 1);
    ++stats_.running;
    ask_for_checksum(stream, loop, todo);
    refresh(stream, todo);
    const Flow& flow = *stream.flow;
    todo.starts.push_back({&stream, stream.download, std::move(chunk), request_for(stream, *range),
                           flow.lateness.patience_s(), flow.pace.active()});
    return Began::yes;
}

GetRequest Scheduler::request_for(const Stream& stream, ByteRange range) {
    const auto& meta = stream.queue().meta();
    GetRequest request;
    request.key = stream.download->key;
    // S3 holds a checksum against a whole object and against none of its ranges: one that is
    // probably small is asked for as a whole.
    const Lane& lane = *stream.lane;
    const std::uint64_t guess = lane.guesses ? lane.size_guess : stream.flow->size_guess;
    const bool probably_whole = !meta && stream.queue().check().sums() &&
                                stream.queue().end() == UINT64_MAX && guess != 0 &&
                                guess <= lane.chunk_bytes();
    const bool whole = range.end == (meta ? meta->size : UINT64_MAX) || probably_whole;
    if (range.begin != 0 || !whole) request.range = range;
    if (!meta) return request;
    request.if_match = meta->etag;
    request.known_size = meta->size;
    return request;
}

std::optional<Charge> Scheduler::find_memory(std::uint64_t bytes, const Stream& for_stream,
                                             bool urgent, Todo& todo) {
    if (auto charge = arena_.try_charge(bytes)) return charge;
    call_off_spared(nullptr, todo);
    const Lane& own = *for_stream.lane;
    const auto enough_leaves = [&] {
        return arena_.charged() + bytes <= arena_.budget() + leaving_;
    };
    if (enough_leaves()) return std::nullopt;
    // In steady order nothing lies beyond what comes next.
    if (!urgent && own.behind == 0 && for_stream.rank >= own.highest) return std::nullopt;

    std::vector<std::pair<Holder, Stream*>> holders;
    for (const auto& [stream, owned] : streams_) {
        if (stream == &for_stream || stream->closed || stream->waits != Waits::no ||
            !stream->fill().holds_memory())
            continue;
        const Lane& lane = *stream->lane;
        const bool same = &lane == &own;
        const bool nearer = same && !stream->behind && stream->rank < for_stream.rank;
        if (!urgent && (!same || nearer)) continue;
        holders.emplace_back(Holder{same, stream->behind, nearer, stream->rank, lane.touched},
                             stream);
    }
    std::sort(holders.begin(), holders.end(),
              [](const auto& a, const auto& b) { return gives_way_before(a.first, b.first); });
    for (const auto& [holder, victim] : holders) {
        while (victim->fill().holds_memory() && !enough_leaves()) {
            victim->fill().give_up_last();
            ++stats_.chunks_evicted;
            refresh(*victim, todo);
            if (auto charge = arena_.try_charge(bytes)) {
                if (!holder.same_reader) victim->lane->halted = true;
                return charge;
            }
        }
        if (!holder.same_reader) victim->lane->halted = true;
        if (enough_leaves()) break;
    }
    return std::nullopt;  // what was given up will end, and then we are asked again
}

}  // namespace s3pipes
