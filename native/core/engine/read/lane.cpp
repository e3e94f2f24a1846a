#include "core/engine/read/lane.hpp"

#include <algorithm>

namespace s3pipes {
namespace {

// Where a window begins, as long as nothing is known of the store.
constexpr std::uint64_t first_window_bytes = 16 << 20;
// A near store refills one chunk before the other is consumed.
constexpr std::uint64_t near_chunks = 2;
constexpr std::uint64_t fewest_chunks = 2;

}  // namespace

// From a far store, what is on its way is bounded by InFlight, and what is here waits for something
// nearer that is late: all the room there is. Something is left for who comes next, who would have
// to take it from this one. A near one is late rarely, and has that room then.
std::uint64_t Scheduler::Lane::window() const noexcept {
    if (rules.window_bytes) return *rules.window_bytes;
    if ((!known || near) && late == nullptr) return policy.bytes();
    const std::uint64_t room = reading > 1 ? budget / 2 : budget - budget / 8;
    return std::max(room, fewest_chunks * chunk_bytes());
}

WindowPolicy Scheduler::Lane::make_policy() const {
    const std::uint64_t chunk = chunk_bytes();
    std::uint64_t first = first_window_bytes / chunk;
    if (known && near && !rules.chunk_bytes) first = near_chunks;
    return WindowPolicy(chunk, std::max(first, fewest_chunks), budget / 2);
}

std::uint64_t Scheduler::Lane::chunk_for(const Flow& from) const noexcept {
    return chunk_bytes_for({from.path.first_byte_s(), from.path.seconds_per_byte(),
                            from.path.bytes_per_s(), window(), from.in_flight.limit()});
}

std::uint64_t Scheduler::Lane::chunk_bytes_of(const Stream& stream) const noexcept {
    const std::uint64_t largest = chunk_bytes();
    if (rules.chunk_bytes || near || !known || streams.size() != 1 || !stream.queue().meta())
        return largest;
    const auto at_once = static_cast<std::uint64_t>(stream.flow->in_flight.limit());
    const std::uint64_t pieces = stream.queue().left() / at_once / smallest_chunk_bytes + 1;
    return std::min(pieces * smallest_chunk_bytes, largest);
}

void Scheduler::Lane::add(Stream& stream) {
    stream.rank = (rules.in_order ? 0 : open_rank) + ++next_rank;
    streams.emplace(stream.rank, &stream);
}

void Scheduler::Lane::remove(Stream& stream) {
    set_fetchable(stream, false);
    count(stream);
    streams.erase(stream.rank);
    std::erase(ready, &stream);
    if (late == &stream) late = nullptr;
    if (waited_for == &stream) waited_for = nullptr;
}

void Scheduler::Lane::rank(Stream& stream, std::uint64_t rank) {
    const bool was_fetchable = stream.fetchable;
    set_fetchable(stream, false);
    streams.erase(stream.rank);
    stream.rank = rank;
    streams.emplace(rank, &stream);
    set_fetchable(stream, was_fetchable);
    if (stream.behind && rank >= present) {
        stream.behind = false;
        behind -= stream.outstanding;
    }
    if (stream.outstanding != 0) highest = std::max(highest, rank);
}

void Scheduler::Lane::count(Stream& stream) {
    const ChunkQueue& queue = stream.queue();
    const std::uint64_t change = queue.outstanding_bytes() - stream.outstanding;  // modulo 2^64
    outstanding += change;
    if (stream.behind) behind += change;
    stream.outstanding = queue.outstanding_bytes();
    delivered += queue.delivered_bytes() - stream.delivered;
    stream.delivered = queue.delivered_bytes();
    if (outstanding == 0) highest = 0;
    if (stream.outstanding != 0) highest = std::max(highest, stream.rank);
}

void Scheduler::Lane::set_fetchable(Stream& stream, bool now) {
    if (stream.fetchable == now) return;
    stream.fetchable = now;
    if (now)
        fetchable.emplace(stream.rank, &stream);
    else
        fetchable.erase(stream.rank);
}

bool Scheduler::Lane::falls_behind(const Stream& stream, const Chunk& chunk) noexcept {
    // Where any object will do, none holds up the others.
    if (late != nullptr || !rules.in_order || !is_next_to_deliver(stream)) return false;
    late = &stream;
    late_chunk = &chunk;
    return true;
}

void Scheduler::Lane::caught_up(const Chunk& chunk) noexcept {
    if (late != nullptr && late_chunk == &chunk) late = nullptr;
}

void Scheduler::Lane::read_now(const Stream& stream) {
    if (late != nullptr && stream.rank > late->rank) late = nullptr;  // the reader has passed it by
    const auto mark = [this](std::uint64_t from, std::uint64_t until, bool left_behind) {
        for (auto it = streams.lower_bound(from); it != streams.end() && it->first < until; ++it) {
            Stream& passed = *it->second;
            if (passed.behind == left_behind) continue;
            passed.behind = left_behind;
            if (left_behind)
                behind += passed.outstanding;
            else
                behind -= passed.outstanding;
        }
    };
    if (stream.rank > present) mark(present, stream.rank, true);
    if (stream.rank < present) mark(stream.rank, present, false);
    present = stream.rank;
}

Scheduler::Stream* Scheduler::Lane::next() const {
    if (fetchable.empty()) return nullptr;
    const auto ahead = fetchable.lower_bound(present);
    return ahead != fetchable.end() ? ahead->second : fetchable.begin()->second;
}

std::uint64_t Scheduler::Lane::nearer_bytes(const Stream& stream) const {
    if (stream.behind) return outstanding;
    std::uint64_t nearer = outstanding - behind;
    // Mostly nothing: bytes are asked for in order, but where sizes are not known yet.
    if (stream.rank < highest)
        for (auto it = streams.upper_bound(stream.rank);
             it != streams.end() && it->first <= highest; ++it)
            nearer -= it->second->outstanding;
    return nearer;
}

std::uint64_t Scheduler::Lane::guess_for(const Stream& stream) const noexcept {
    if (rules.chunk_bytes == ReadRules::uncut) return UINT64_MAX;
    // Whatever it is, it is wanted.
    return is_next_to_deliver(stream) ? chunk_bytes() : size_guess;
}

// It is read now, or next.
bool Scheduler::Lane::is_next_to_deliver(const Stream& stream) const noexcept {
    const auto first = streams.lower_bound(present);
    return first != streams.end() && first->second == &stream;
}

}  // namespace s3pipes
