#include "core/engine/read/checksum_question.hpp"

#include <algorithm>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/engine/impatient.hpp"

namespace s3pipes {
namespace {

constexpr int most_asked = 3;
// Of thousands of parts that is not enough, and then what differs stays wrong.
constexpr double most_confirming_s = 30;

// The last chunk waits for it.
RetryRules soon_over(RetryRules rules) {
    rules.max_attempts = std::min(rules.max_attempts, most_asked);
    rules.time_limit = std::min(rules.time_limit, std::chrono::milliseconds(10'000));
    return rules;
}

}  // namespace

ChecksumQuestion::ChecksumQuestion(Engine& engine, Todo::Question what)
    : Task(engine.loop(what.loop), engine.stats(), soon_over(what.download->retry)),
      engine_(engine),
      what_(std::move(what)) {}

boost::asio::awaitable<void> ChecksumQuestion::attempt() {
    const Download& download = *what_.download;
    ObjectStore& store = *download.store;
    co_await store.ready();
    if (what_.said) {
        said_ = what_.said;
        said_->parts_confirmed = true;
        // One is counted already, and of two parts none is asked for.
        if (said_->parts > 3) engine_.stats().requests += said_->parts - 3;
        auto asked = store.has_equal_parts(download.key, what_.etag, *said_);
        const bool equal =
            co_await impatient(std::move(asked), most_confirming_s, shared_from_this());
        if (!equal) said_.reset();
        co_return;
    }
    auto asked = store.checksum(download.key, what_.etag);
    said_ = co_await impatient(
        std::move(asked), patience_of(++asked_, most_asked, what_.patience_s), shared_from_this());
    if (said_ && said_->parts != 0) ++engine_.stats().requests;  // also of its first part
}

bool ChecksumQuestion::unwanted() const {
    std::lock_guard lock(engine_.mutex());
    return what_.download->queue.closed();
}

void ChecksumQuestion::ended(std::optional<Failure> failure) {
    if (failure) {
        // Where nobody says whether its parts are alike, what differs stays wrong.
        said_ = what_.said;
        if (said_) said_->parts_confirmed = true;
    }
    engine_.decide([&](Scheduler& scheduler) {
        return scheduler.told(what_.stream, what_.download, said_, what_.etag, !failure);
    });
}

}  // namespace s3pipes
