// A scheduler on a simulated clock: no socket, no thread, no sleep. Answers come when the test's
// physics says so; readers read one object after the other.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/engine/read/todo.hpp"
#include "tests/memory_store.hpp"

namespace s3pipes::test {

class Simulation {
  public:
    struct Physics {
        std::function<double()> first_byte_s = [] { return 0.03; };
        double bytes_per_s = 57.0 * (1 << 20);  // of each connection
    };
    struct Object {
        std::shared_ptr<Download> download;
        Scheduler::Stream* stream = nullptr;
        std::uint64_t size = 0;
    };

    Simulation(std::uint64_t budget_bytes, int max_requests, Physics physics_)
        : arena(std::make_shared<Arena>(budget_bytes)),
          scheduler(*arena, stats, max_requests, 1),
          physics(std::move(physics_)) {}

    Object open(Scheduler::Lane* lane, std::uint64_t size, bool known) {
        ChunkQueue::Wish wish;
        if (known) wish.known = ObjectMeta{size, "\"v0\"", 0};
        auto download =
            std::make_shared<Download>(store, "object", RetryRules{}, wish, Destination::chunks());
        Scheduler::Stream* stream = scheduler.open(lane, download, 0);
        sizes[download.get()] = size;
        return {download, stream, size};
    }

    // Reads the objects one after the other, as fast as they come.
    void read(std::vector<Object> objects) {
        readers.push_back({std::move(objects), 0, false});
        go_on(readers.size() - 1);
    }

    // Until nothing is left to happen; `look` sees the state whenever time goes on.
    void run(const std::function<void()>& look = [] {}) {
        for (std::uint64_t steps = 0; !events.empty(); ++steps) {
            if (steps > 20'000'000) throw std::logic_error("the simulation does not end");
            const auto event = events.begin();
            now_s = event->first;
            const auto happen = std::move(event->second);
            events.erase(event);
            happen();
            if (events.empty() || events.begin()->first > now_s) look();
        }
    }

    void perform(Todo todo) {
        for (const auto& chunk : todo.cancels) at(0, [this, chunk] { end(chunk, nullptr); });
        for (auto& start : todo.starts) {
            running.emplace(start.chunk, start);
            at(physics.first_byte_s(), [this, start] { answer(start); });
        }
        for (const auto& download : todo.wakes)
            at(0, [this, download] {
                for (std::size_t i = 0; i < readers.size(); ++i)
                    if (readers[i].waits && readers[i].present().download == download) go_on(i);
            });
        if (todo.due)
            at(static_cast<double>(todo.due->count()) * 1e-6, [this] { perform(scheduler.due()); });
        if (todo.pump && !std::exchange(pumping, true))
            at(0, [this, loop = *todo.pump] {
                pumping = false;
                perform(scheduler.pump(loop));
            });
    }

    bool all_read() const {
        for (const Reader& reader : readers)
            if (reader.at != reader.objects.size()) return false;
        return true;
    }

    struct Reader {
        std::vector<Object> objects;
        std::size_t at = 0;
        bool waits = false;
        std::uint64_t bytes_read = 0;
        const Object& present() const { return objects.at(at); }
        bool over() const { return at == objects.size(); }
    };

    Stats stats;
    const std::shared_ptr<Arena> arena;
    Scheduler scheduler;
    Physics physics;
    double now_s = 0;
    std::vector<Reader> readers;
    std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();

  private:
    void at(double later_s, std::function<void()> happen) {
        events.emplace(now_s + later_s, std::move(happen));
    }

    Scheduler::Instant instant() const {
        return Scheduler::Instant(std::chrono::duration_cast<Scheduler::Instant::duration>(
            std::chrono::duration<double>(now_s)));
    }

    void answer(const Todo::Start& start) {
        Chunk& chunk = *start.chunk;
        if (!running.contains(start.chunk)) return;
        if (chunk.given_up) return end(start.chunk, nullptr);
        const ObjectMeta meta{sizes.at(start.download.get()), "\"v0\"", 0};
        perform(scheduler.answered(start.stream, chunk, meta, std::chrono::milliseconds(30)));
        at(static_cast<double>(chunk.range.size()) / physics.bytes_per_s, [this, start] {
            start.chunk->filled = start.chunk->range.size();
            end(start.chunk, nullptr);
        });
    }

    void end(const std::shared_ptr<Chunk>& chunk, std::unique_ptr<const Failure> failure) {
        const auto found = running.find(chunk);
        if (found == running.end()) return;
        Scheduler::Stream* const stream = found->second.stream;
        running.erase(found);
        perform(scheduler.ended(stream, *chunk, std::move(failure)));
    }

    void go_on(std::size_t index) {
        Reader& reader = readers[index];
        while (!reader.over()) {
            const Object& object = reader.present();
            ChunkQueue& queue = object.download->queue;
            ChunkQueue::ReadEnd end(queue);
            end.read_on();
            if (queue.meta() && queue.left() == 0) {
                end.close();
                perform(scheduler.close(object.stream));
                ++reader.at;
                reader.waits = false;
                continue;
            }
            if (queue.meta()) end.require();
            end.want(UINT64_MAX);
            const auto chunk = queue.chunk_at(queue.position());
            if (!queue.meta() || !chunk || chunk->running()) {
                reader.waits = true;
                return perform(scheduler.wait(object.stream, Scheduler::Waits::thread, instant()));
            }
            if (std::exchange(reader.waits, false)) scheduler.wait_over(object.stream);
            const std::uint64_t got = chunk->range.end - queue.position();
            reader.bytes_read += got;
            end.consume(got);
            perform(scheduler.moved(object.stream));
        }
    }

    std::multimap<double, std::function<void()>> events;
    std::map<std::shared_ptr<Chunk>, Todo::Start> running;
    std::map<const Download*, std::uint64_t> sizes;
    bool pumping = false;
};

}  // namespace s3pipes::test
