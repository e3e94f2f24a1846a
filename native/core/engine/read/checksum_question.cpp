#include "core/engine/read/checksum_question.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/engine/engine.hpp"

namespace s3pipes {
namespace {

// The last chunk waits for it.
RetryRules soon_over(RetryRules rules) {
    rules.max_attempts = std::min(rules.max_attempts, 3);
    rules.time_limit = std::min(rules.time_limit, std::chrono::milliseconds(10'000));
    return rules;
}

ChunkSum sum_of(ChecksumKind kind, const View& memory) {
    ChunkSum sum(kind);
    sum.add({reinterpret_cast<const char*>(memory.data()), memory.size()});
    return sum;
}

}  // namespace

ChecksumQuestion::ChecksumQuestion(Engine& engine, Todo::Question what)
    : Task(engine.loop(what.loop), engine.stats(), soon_over(what.download->retry)),
      engine_(engine),
      what_(std::move(what)) {}

boost::asio::awaitable<void> ChecksumQuestion::attempt() {
    const Download& download = *what_.download;
    said_ = co_await download.store->checksum(download.key, what_.etag);
}

bool ChecksumQuestion::unwanted() const {
    std::lock_guard lock(engine_.mutex());
    return what_.download->queue.closed();
}

void ChecksumQuestion::ended(std::optional<Failure> failure) {
    if (failure) said_.reset();
    bool answered = !failure;
    std::vector<std::pair<std::shared_ptr<Chunk>, ChunkSum>> sums;
    do {
        std::vector<Told::Other> others;
        engine_.decide([&](Scheduler& scheduler) {
            for (auto& [chunk, sum] : sums) chunk->sum = std::move(sum);
            auto told = scheduler.told(what_.stream, what_.download, said_, what_.etag,
                                       std::exchange(answered, false));
            others = std::move(told.others);
            return std::move(told.todo);
        });
        // Outside the mutex: it takes as long as to receive a part of them.
        sums.clear();
        for (const auto& [chunk, memory] : others)
            sums.emplace_back(chunk, sum_of(said_->kind, memory));
    } while (!sums.empty());
}

}  // namespace s3pipes
