#include "core/engine/fetcher.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "core/engine/attempts.hpp"
#include "core/engine/chunk_sink.hpp"
#include "core/engine/loop.hpp"
#include "core/engine/object_stream.hpp"
#include "core/engine/scheduler.hpp"

namespace s3pipes {
namespace {

using boost::asio::awaitable;

awaitable<void> sleep_for(std::chrono::milliseconds delay) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, delay);
    co_await timer.async_wait(boost::asio::use_awaitable);
}

// Only what is missing is asked for, and only of the object that the bytes so far came from.
void aim(Job& job) {
    const Chunk& chunk = *job.chunk;
    const std::uint64_t filled = chunk.filled.load();
    if (filled != 0) job.request.range = ByteRange{chunk.range.begin + filled, chunk.range.end};
}

awaitable<void> fetch(Scheduler& scheduler, std::shared_ptr<Job> job, RetryRules rules) {
    Attempts attempts(rules);
    Stats& stats = scheduler.stats();
    for (;;) {
        std::optional<Error> error;
        ChunkSink sink(scheduler, *job);
        attempts.begun();
        ++stats.requests;
        if (attempts.count() > 1) ++stats.retries;
        try {
            co_await job->store->get(job->request, sink);
            if (job->chunk->filled.load() >= job->chunk->range.size()) {
                scheduler.ended(*job, std::nullopt);
                co_return;
            }
            error.emplace(ErrorKind::connection, "the server sent fewer bytes than were asked for");
        } catch (const TooSmall&) {
            scheduler.put_back(*job);
            co_return;
        } catch (const Error& thrown) {
            error.emplace(thrown);
        } catch (const boost::system::system_error& thrown) {
            error.emplace(ErrorKind::connection, thrown.code().message());
        } catch (const std::bad_alloc&) {
            error.emplace(ErrorKind::config, "the machine is out of memory");
        }
        if (job->cancelled) {
            scheduler.ended(*job, std::nullopt);
            co_return;
        }
        if (job->chunk->memory != nullptr &&
            job->chunk->filled.load() >= job->chunk->range.size()) {
            scheduler.ended(*job, std::nullopt);  // failed after its last byte: nothing is missing
            co_return;
        }
        if (sink.received() != 0) attempts.progressed();
        if (error->kind == ErrorKind::throttled) scheduler.throttled();
        const auto delay = attempts.failed(*error);
        if (!delay) {
            scheduler.ended(*job, attempts.failure(*error, job->store->url_of(job->request.key),
                                                   job->chunk->range));
            co_return;
        }
        aim(*job);
        try {
            if (delay->count() != 0) co_await sleep_for(*delay);
        } catch (const boost::system::system_error&) {
            scheduler.ended(*job, std::nullopt);  // cancelled while asleep
            co_return;
        }
    }
}

// What fetch() did not foresee must end the wait of the reader too, and by name.
void give_up(Scheduler& scheduler, Job& job, std::exception_ptr failed) {
    std::string what = "an unknown failure";
    try {
        std::rethrow_exception(failed);
    } catch (const std::exception& thrown) {
        what = thrown.what();
    } catch (...) {
    }
    scheduler.ended(job, Failure(Error(ErrorKind::bad_response, what),
                                 job.store->url_of(job.request.key), job.chunk->range, 1, 0));
}

}  // namespace

void run_job(Scheduler& scheduler, Loop& loop, std::shared_ptr<Job> job) {
    const RetryRules rules = job->rules;
    auto slot = job->signal.slot();
    auto running = fetch(scheduler, job, rules);
    boost::asio::co_spawn(
        loop.context(), std::move(running),
        boost::asio::bind_cancellation_slot(
            slot, [&scheduler, &loop, job = std::move(job)](std::exception_ptr failed) {
                job->finished = true;
                if (failed) give_up(scheduler, *job, failed);
                job->chunk.reset();  // its memory may be what is waited for
                scheduler.pump(loop);
            }));
}

}  // namespace s3pipes
