#include "core/engine/engine.hpp"

#include <chrono>
#include <thread>

#include "core/words/generation.hpp"

namespace s3pipes {
namespace {

struct Registry {
    std::mutex mutex;
    std::shared_ptr<Engine> engine;
    std::uint64_t generation = process_generation();
};

// Never destroyed: event loops may outlive static destruction. After a fork the parent's is left
// alone, its mutex may be held by a thread that is not here.
Registry& registry() {
    static std::atomic<Registry*> current{new Registry};
    Registry* found = current.load();
    while (found->generation != process_generation()) {
        auto* mine = new Registry;
        if (current.compare_exchange_strong(found, mine)) return *mine;
        delete mine;
    }
    return *found;
}

}  // namespace

std::shared_ptr<Engine> Engine::of_this_process(const EngineRules& rules) {
    Registry& home = registry();
    std::lock_guard lock(home.mutex);
    if (home.engine == nullptr) {
        home.engine = std::make_shared<Engine>(rules);
    } else {
        home.engine->arena_->raise_budget(rules.memory_bytes);
        home.engine->scheduler_.raise_max_requests(rules.max_requests);
    }
    return home.engine;
}

std::shared_ptr<Engine> Engine::existing() {
    Registry& home = registry();
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

Engine::Engine(const EngineRules& rules)
    : generation_(process_generation()),
      arena_(std::make_shared<Arena>(rules.memory_bytes)),
      scheduler_(*arena_, stats_, rules.max_requests) {
    std::vector<Loop*> loops;
    for (int i = 0; i < rules.event_loops; ++i) {
        loops_.push_back(std::make_unique<Loop>(static_cast<std::size_t>(i)));
        loops.push_back(loops_.back().get());
    }
    scheduler_.attach(std::move(loops));
}

void Engine::stop() {
    scheduler_.stop();
    for (const auto& loop : loops_) loop->stop();
    parser_.stop();
    scheduler_.bury();
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
