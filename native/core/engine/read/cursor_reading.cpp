// How a Cursor hands out bytes.
#include <algorithm>
#include <cstring>
#include <utility>

#include "core/engine/read/cursor_waiting.hpp"
#include "core/memory/copy.hpp"

namespace s3pipes {

std::shared_ptr<Chunk> Cursor::bytes_at_position(Lock& held, std::uint64_t enough,
                                                 const Poll& poll) {
    ChunkQueue& queue = download_->queue;
    ChunkQueue::ReadEnd end(queue);
    if (!queue.meta()) wait(held, poll, [&] { return queue.meta() || queue.ready(); });
    check_open();
    require_meta();
    if (queue.left() == 0) return nullptr;
    end.require();
    end.want(enough);
    std::shared_ptr<Chunk> chunk;
    const auto found = [&] {
        if (queue.left() == 0) return true;  // it turned out to be shorter than was told
        chunk = queue.chunk_at(queue.position());
        if (!chunk) return false;
        if (!chunk->running()) return true;
        const std::uint64_t offset = queue.position() - chunk->range.begin;
        const std::uint64_t size = chunk->range.size();
        const std::uint64_t need = offset + std::min(enough, size - offset);
        chunk->wake_at.store(chunk->sealed.load() ? UINT64_MAX : need);
        // A chunk that is wanted to its end is waited for as a whole: its task ends right after.
        if (need >= size || !chunk->memory.owner() || chunk->readable() < need) return false;
        chunk->wake_at.store(UINT64_MAX);
        return true;
    };
    wait(held, poll, found);
    check_open();
    if (queue.left() == 0) return nullptr;
    if (chunk->failure && chunk->readable_end() <= queue.position()) throw *chunk->failure;
    return chunk;
}

void Cursor::consume(std::uint64_t count) {
    ChunkQueue::ReadEnd(download_->queue).consume(count);
    position_ = download_->queue.position();
    if (stream_ != nullptr) moved();
}

View Cursor::here() const {
    const Lock held = lock();
    const ChunkQueue& queue = download_->queue;
    const auto chunk = stream_ != nullptr ? queue.chunk_at(queue.position()) : nullptr;
    if (!queue.meta() || !chunk || !chunk->memory.owner()) return {};
    const std::uint64_t offset = queue.position() - chunk->range.begin;
    const std::uint64_t filled = chunk->readable();
    return offset < filled ? chunk->memory.part(offset, filled - offset) : View();
}

std::optional<std::uint64_t> Cursor::at_hand(std::uint64_t bytes) const {
    const std::uint64_t here_bytes = here().size();
    if (bytes <= here_bytes) return bytes;
    const Lock held = lock();
    const ChunkQueue& queue = download_->queue;
    if (!queue.meta() || stream_ == nullptr || queue.left() > here_bytes) return std::nullopt;
    return queue.left();
}

bool Cursor::line_at_hand(std::uint64_t limit) const {
    const View bytes = here();
    if (bytes.empty()) return false;
    return bytes.size() >= limit || std::memchr(bytes.data(), '\n', bytes.size()) != nullptr;
}

bool Cursor::view_at_hand() const {
    const Lock held = lock();
    const ChunkQueue& queue = download_->queue;
    if (stream_ == nullptr || !queue.meta()) return false;
    const auto chunk = queue.chunk_at(queue.position());
    return queue.left() == 0 || (chunk && chunk->state == Chunk::State::ready);
}

std::optional<View> Cursor::whole_at_hand() {
    const Lock held = lock();
    const ChunkQueue& queue = download_->queue;
    if (stream_ == nullptr || !queue.meta()) return std::nullopt;
    if (queue.size() == 0) return View();
    const auto first = queue.chunk_at(queue.begin());
    if (!first || first->state != Chunk::State::ready || !queue.is_single(*first))
        return std::nullopt;
    ChunkQueue::ReadEnd(download_->queue).claim();
    moved();
    return first->memory;
}

// Of a call that will be made again, elsewhere, from where it began.
template <typename Read>
void Cursor::from_here(Read read) {
    const std::uint64_t start = position_;
    try {
        read();
    } catch (const Orphaned&) {
        position_ = start;
        throw;
    } catch (const Failure& failure) {
        if (failure.error.kind == ErrorKind::wrong_region) position_ = start;
        throw;
    }
}

std::size_t Cursor::read(std::span<std::byte> into, const Poll& poll) {
    std::size_t done = 0;
    from_here([&] { done = copy_into(into, poll); });
    return done;
}

void Cursor::read_line(std::string& line, std::size_t limit, const Poll& poll) {
    from_here([&] { append_line(line, limit, poll); });
}

std::size_t Cursor::copy_into(std::span<std::byte> into, const Poll& poll) {
    std::size_t done = 0;
    Lock held = lock();
    while (done < into.size()) {
        const auto chunk = bytes_at_position(held, into.size() - done, poll);
        if (!chunk) break;
        const std::size_t count =
            std::min<std::uint64_t>(into.size() - done, chunk->readable_end() - position_);
        const View from = chunk->memory.part(position_ - chunk->range.begin, count);
        const std::uint32_t edition = download_->queue.edition();
        held.unlock();
        copy_bytes(into.data() + done, from.data(), count);
        held.lock();
        if (download_->queue.edition() != edition) continue;
        done += count;
        consume(count);
    }
    return done;
}

void Cursor::append_line(std::string& line, std::size_t limit, const Poll& poll) {
    Lock held = lock();
    while (limit != 0) {
        const auto chunk = bytes_at_position(held, 1, poll);
        if (!chunk) return;
        const std::size_t available =
            std::min<std::uint64_t>(limit, chunk->readable_end() - position_);
        const View from = chunk->memory.part(position_ - chunk->range.begin, available);
        const std::uint32_t edition = download_->queue.edition();
        held.unlock();
        const void* newline = std::memchr(from.data(), '\n', available);
        const std::size_t count =
            newline ? static_cast<const std::byte*>(newline) - from.data() + 1 : available;
        line.append(reinterpret_cast<const char*>(from.data()), count);
        held.lock();
        if (download_->queue.edition() != edition) {
            line.resize(line.size() - count);
            continue;
        }
        consume(count);
        if (newline) return;
        limit -= count;
    }
}

View Cursor::next_view(const Poll& poll, bool* last) {
    Lock held = lock();
    ChunkQueue::ReadEnd(download_->queue).read_on();
    const auto chunk = bytes_at_position(held, UINT64_MAX, poll);
    if (!chunk) return {};
    const View view =
        chunk->memory.part(position_ - chunk->range.begin, chunk->readable_end() - position_);
    view.owner()->leave_budget();
    consume(view.size());
    if (last != nullptr) *last = download_->queue.left() == 0;
    return view;
}

View Cursor::whole(const Poll& poll) {
    Lock held = lock();
    ChunkQueue& queue = download_->queue;
    ChunkQueue::ReadEnd end(queue);
    if (queue.is_one_piece()) end.want_all();
    wait(held, poll, [&] { return queue.ready() || queue.first_failure() != nullptr; });
    check_open();
    require_meta();
    for (;;) {
        const auto first = queue.chunk_at(queue.begin());
        if (queue.is_one_piece() || !first || !queue.is_single(*first)) break;
        if (first->running()) {
            // Given up, it never comes: another is asked for in its place.
            wait(held, poll, [&] { return !first->running() || first->given_up; });
            check_open();
            if (first->given_up) continue;
        }
        if (first->failure) throw *first->failure;
        end.claim();
        moved();
        return first->memory;
    }
    try {
        end.gather(engine_->arena());
        moved();
        collect(held, poll);
        return end.all();
    } catch (const Error& error) {  // there is no memory for it, or too little
        abandon(held);
        throw Failure(error, download_->store->url_of(download_->key), {}, 0, 0);
    } catch (...) {
        abandon(held);
        throw;
    }
}

void Cursor::abandon(Lock& held) {
    if (!held.owns_lock() || stream_ == nullptr) return;
    ChunkQueue::ReadEnd(download_->queue).abandon();
    moved();
}

// The first failure ends it: the other chunks would come in vain.
void Cursor::collect(Lock& held, const Poll& poll) {
    ChunkQueue& queue = download_->queue;
    ChunkQueue::ReadEnd end(queue);
    std::uint32_t edition = queue.edition();
    for (std::uint64_t at = queue.begin(); at < queue.end();) {
        std::shared_ptr<Chunk> chunk;
        wait(held, poll, [&] {
            chunk = queue.chunk_at(at);
            return queue.first_failure() != nullptr || (chunk && !chunk->running()) ||
                   queue.edition() != edition;
        });
        check_open();
        if (std::exchange(edition, queue.edition()) != edition) {
            end.gather(engine_->arena());
            moved();
            at = queue.begin();
            continue;
        }
        if (const Failure* failure = queue.first_failure()) throw *failure;
        const View to = end.place_of(*chunk);
        const View from = chunk->memory;
        if (to.owner() != from.owner()) {
            held.unlock();
            copy_bytes(to.data(), from.data(), from.size());
            held.lock();
            check_open();
            if (queue.edition() != edition) continue;
            end.gathered(*chunk);
            moved();
        }
        at = chunk->range.end;
    }
}

}  // namespace s3pipes
