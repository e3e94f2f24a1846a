#include "core/engine/engine.hpp"

#include <chrono>
#include <thread>

#include "core/engine/read/checksum_question.hpp"
#include "core/engine/read/fetch.hpp"
#include "core/words/generation.hpp"
#include "core/words/stats_page.hpp"

namespace s3pipes {
namespace {

struct Registry {
    std::mutex mutex;
    std::shared_ptr<Engine> engine;
};

}  // namespace

std::shared_ptr<Engine> Engine::of_this_process(const EngineRules& rules) {
    Registry& home = s3pipes::of_this_process<Registry>();
    std::lock_guard lock(home.mutex);
    if (home.engine == nullptr) {
        home.engine = std::make_shared<Engine>(rules, &StatsPage::claim());
    } else {
        home.engine->arena_->raise_budget(rules.memory_bytes);
        std::lock_guard held(home.engine->mutex_);
        home.engine->scheduler_.raise_max_requests(rules.max_requests);
    }
    return home.engine;
}

std::shared_ptr<Engine> Engine::existing() {
    Registry& home = s3pipes::of_this_process<Registry>();
    std::lock_guard lock(home.mutex);
    return home.engine;
}

bool Engine::shut_down() {
    const auto engine = existing();
    if (!engine) return false;
    engine->stop();
    const std::atomic<std::int64_t>& waiting = engine->stats_.waiting;
    if (waiting == 0) return false;
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (waiting != 0 && std::chrono::steady_clock::now() < patience)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return true;
}

Engine::Engine(const EngineRules& rules, Stats* stats)
    : generation_(process_generation()),
      arena_(std::make_shared<Arena>(rules.memory_bytes)),
      stats_(stats != nullptr ? *stats : own_stats_),
      scheduler_(*arena_, stats_, rules.max_requests, static_cast<std::size_t>(rules.event_loops),
                 rules.neighbours) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(rules.event_loops); ++i) {
        pumping_.push_back(std::make_unique<std::atomic<bool>>(false));
        loops_.push_back(std::make_unique<Loop>(i));
    }
}

void Engine::stop() {
    stopping_ = true;
    decide([](Scheduler& scheduler) { return scheduler.stop(); });
    {
        std::unique_lock lock(mutex_);
        idle_.wait_for(lock, std::chrono::seconds(1), [this] { return scheduler_.running() == 0; });
    }
    for (const auto& loop : loops_) loop->stop();
    parser_.stop();
    decide([this](Scheduler& scheduler) {
        dead_ = true;
        return scheduler.stop();  // once more: who waits for the end of a request need not
    });
}

void Engine::perform_held(Todo&& todo) {
    for (const auto& download : todo.tells) download->signal.tell();
    todo.tells.clear();
    if (!todo.empty()) perform(todo, nullptr);
}

void Engine::perform(Todo& todo, Loop* here) {
    for (const auto& chunk : todo.cancels)
        loops_[chunk->loop]->post([chunk] {
            if (const auto task = chunk->task.lock()) task->cancel();
        });
    for (const auto& download : todo.wakes) download->signal.wake();
    for (const auto& signal : todo.ready) signal->wake();
    if (todo.due) {
        const auto wake = [this] { decide([](Scheduler& scheduler) { return scheduler.due(); }); };
        Loop& loop = here != nullptr ? *here : *loops_.front();
        if (todo.due->count() != 0 && here != nullptr)
            loop.after(*todo.due, wake);
        else
            loop.post(wake);  // behind what is ready at this moment
    }
    if (todo.pump && !pumping_[*todo.pump]->exchange(true))
        loops_[*todo.pump]->post([this, loop = *todo.pump] { pump(loop); });
    for (const auto& start : todo.starts) {
        try {
            const auto task = std::make_shared<Fetch>(*this, start);
            start.chunk->task = task;
            task->start();
        } catch (const std::bad_alloc&) {
            give_up(start);
        }
    }
    for (const auto& question : todo.questions)
        loops_[question.loop]->post([this, question] {
            {
                std::lock_guard lock(mutex_);
                if (question.download->queue.closed()) return;  // its cancellation came first
            }
            const auto asks = std::make_shared<ChecksumQuestion>(*this, question);
            question.download->question = asks;
            asks->start();
        });
    for (const auto& download : todo.needless)
        loops_[*download->question_loop]->post([download] {
            if (const auto asks = download->question.lock()) asks->cancel();
        });
    if (stopping_) idle_.notify_all();
}

void Engine::give_up(const Todo::Start& start) {
    decide([&](Scheduler& scheduler) {
        const Download& download = *start.download;
        return scheduler.ended(start.stream, *start.chunk,
                               std::make_unique<const Failure>(
                                   Error(ErrorKind::config, "the machine is out of memory"),
                                   download.store->url_of(download.key), start.chunk->range, 0, 0),
                               std::nullopt, std::chrono::steady_clock::now());
    });
}

void Engine::pump(std::size_t loop) {
    pumping_[loop]->store(false);
    decide([loop](Scheduler& scheduler) { return scheduler.pump(loop); }, loops_[loop].get());
}

bool Engine::of_present_process() const noexcept {
    return generation_ == process_generation();
}

void Engine::check_process() const {
    if (!of_present_process()) throw Orphaned();
}

std::vector<Pool*> Engine::pools() {
    std::vector<Pool*> pools;
    for (const auto& loop : loops_) pools.push_back(&loop->pool());
    return pools;
}

}  // namespace s3pipes
