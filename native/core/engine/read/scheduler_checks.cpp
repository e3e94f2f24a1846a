// Whether objects are what the store says of them.
#include <algorithm>
#include <utility>

#include "core/engine/read/chunk_check.hpp"
#include "core/engine/read/flow.hpp"
#include "core/engine/read/lane.hpp"
#include "core/engine/read/scheduler.hpp"
#include "core/engine/read/todo.hpp"

namespace s3pipes {

void Scheduler::told(Stream* stream, Chunk& chunk, const std::optional<ObjectChecksum>& said,
                     bool whole, Todo& todo) {
    ChunkQueue& queue = stream->queue();
    if (chunk.given_up || !queue.check().sums()) return;
    stream->download->in_parts = put_in_parts(queue.meta()->etag);
    ChecksumHabit& habit = stream->flow->checksums;
    const bool single = queue.is_single(chunk) && chunk.range.end == queue.meta()->size;
    if (said)
        habit.told(said->kind);
    else if (single && whole)
        habit.told(std::nullopt);
    else if (single && habit.asks() && (chunk.filled == 0 || chunk.sealed))
        chunk.asks_checksum = chunk.sealed = true;
    // The answer was the whole object, of which this is the first chunk.
    if (!single && whole && said && said->parts == 0) {
        stream->download->checksum_kinds = said->kind;
        stream->fill().check().tell(said);
    }
    ask_for_checksum(*stream, chunk.loop, todo);
}

void Scheduler::told(const Stream* stream, const std::optional<ObjectChecksum>& said) {
    stream->flow->checksums.told(said ? std::optional(said->kind) : std::nullopt);
}

double Scheduler::question_patience_s(const Stream* stream) const noexcept {
    return stream->flow->lateness.question_patience_s();
}

// Beside its first chunk, so that the answer is there before the last one.
void Scheduler::ask_for_checksum(Stream& stream, std::size_t loop, Todo& todo) {
    ChunkQueue::FillEnd fill = stream.fill();
    if (!fill.wants_checksum() || !stream.flow->checksums.asks()) return;
    fill.check().ask();
    ask(stream, loop, std::nullopt, todo);
}

void Scheduler::ask(Stream& stream, std::size_t loop, std::optional<ObjectChecksum> said,
                    Todo& todo) {
    stream.download->question_loop = loop;
    todo.questions.push_back({&stream, stream.download, loop, stream.queue().meta()->etag,
                              std::move(said), stream.flow->lateness.question_patience_s()});
}

Todo Scheduler::told(Stream* stream, const std::shared_ptr<Download>& download,
                     const std::optional<ObjectChecksum>& said, const std::string& etag,
                     bool answered) {
    Todo todo;
    const auto found = streams_.find(stream);
    if (found == streams_.end() || stream->download != download || stream->closed) return todo;
    if (answered) told(stream, said);
    // It may be another object by now.
    const auto& meta = download->queue.meta();
    const bool same = said && meta && meta->etag == etag;
    stream->fill().check().tell(same ? said : std::nullopt);
    if (same && joins(said->kind)) download->checksum_kinds = said->kind;
    refresh(*stream, todo);
    kick(todo, stream->lane);
    todo.wakes.push_back(download);
    return todo;
}

void Scheduler::settle(Stream& stream, Todo& todo) {
    ChunkQueue::FillEnd fill = stream.fill();
    const auto& meta = stream.queue().meta();
    const auto [verdict, found] = fill.judge();
    switch (verdict) {
        case ChunkQueue::FillEnd::Verdict::none_yet: return;
        case ChunkQueue::FillEnd::Verdict::agrees:
            stats_.bytes_verified += std::min(fill.check().settled(), meta->size);
            return fill.accept();
        case ChunkQueue::FillEnd::Verdict::unprovable: fill.check().end(); return fill.accept();
        case ChunkQueue::FillEnd::Verdict::differs: break;
    }
    Download& download = *stream.download;
    const ObjectChecksum said = *fill.check().said();
    if (said.parts != 0 && !said.parts_confirmed) {
        // Parts of other sizes would differ too.
        fill.check().ask();
        return ask(stream, *download.question_loop, said, todo);
    }
    if (fill.fetch_again()) {
        stats_.retried(RetryCause::checksum);
        return;
    }
    fill.refuse(std::make_unique<const Failure>(mismatch(said, found),
                                                download.store->url_of(download.key),
                                                ByteRange{0, meta->size}, 1, 0));
}

void Scheduler::account(const Stream& stream, const Chunk& chunk, bool complete) {
    if (!complete || chunk.given_up) return;
    const ChunkQueue& queue = stream.queue();
    if (chunk.verified)
        stats_.bytes_verified += chunk.range.size();
    else if (!queue.check().sums() || queue.is_single(chunk))
        stats_.bytes_unverified += chunk.range.size();
}

}  // namespace s3pipes
