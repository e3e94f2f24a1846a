// A scheduler on a simulated clock: no socket, no thread, no sleep. Answers come when the test's
// physics says so; readers read one object after the other. Several may share a link.
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

#include "core/engine/read/flow.hpp"
#include "core/engine/read/todo.hpp"
#include "tests/memory_store.hpp"
#include "tests/simulated_link.hpp"

namespace s3pipes::test {

class Simulation {
  public:
    struct Physics {
        std::function<double()> first_byte_s = [] { return 0.03; };
        std::function<double()> connection_bytes_per_s = [] { return 57.0 * (1 << 20); };
    };
    struct Object {
        std::shared_ptr<Download> download;
        Scheduler::Stream* stream = nullptr;
        std::uint64_t size = 0;
    };

    struct World {
        SimulatedClock clock;
        SimulatedLink link{clock};
    };

    Simulation(std::uint64_t budget_bytes, int max_requests_, Physics physics_,
               std::shared_ptr<World> world_ = std::make_shared<World>())
        : world(std::move(world_)),
          arena(std::make_shared<Arena>(budget_bytes)),
          max_requests(max_requests_),
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
        readers.emplace_back().objects = std::move(objects);
        go_on(readers.size() - 1);
    }

    // Objects without an end; a hundred and more are open ahead, as the scheduler wants.
    void read_endlessly(std::function<Object()> open_next, Scheduler::Lane* lane) {
        readers.emplace_back().open_next = std::move(open_next);
        readers.back().lane = lane;
        refill(readers.back());
        go_on(readers.size() - 1);
    }

    // Gives up all that is open; nothing may happen afterwards.
    void drop_all() {
        for (Reader& reader : readers)
            for (; !reader.over(); ++reader.at) close(reader.present());
        running.clear();
    }

    // Until nothing is left to happen; `look` sees the state whenever time goes on.
    void run(const std::function<void()>& look = [] {}) {
        while (!world->clock.idle()) {
            world->clock.step();
            if (world->clock.idle() || world->clock.next_s() > now_s()) look();
        }
    }

    double now_s() const { return world->clock.now_s; }

    void perform(Todo todo) {
        for (const auto& chunk : todo.cancels) at(0, [this, chunk] { end(chunk, std::nullopt); });
        for (auto& start : todo.starts) {
            running.emplace(start.chunk, start);
            const double first_byte_s = physics.first_byte_s();
            at(first_byte_s, [this, start, first_byte_s] { answer(start, first_byte_s); });
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

    // No more requests may start ahead of who waits.
    bool at_limit() const {
        return !scheduler.flows().front().flow.has_room() || scheduler.running() >= max_requests;
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
        std::function<Object()> open_next;  // of one without an end
        Scheduler::Lane* lane = nullptr;
        const Object& present() const { return objects.at(at); }
        bool over() const { return at == objects.size(); }
    };

    const std::shared_ptr<World> world;
    Stats stats;
    const std::shared_ptr<Arena> arena;
    const int max_requests;
    Scheduler scheduler;
    Physics physics;
    std::uint64_t bytes_received = 0;
    std::vector<Reader> readers;
    std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();

  private:
    void at(double later_s, std::function<void()> happen) {
        world->clock.at(later_s, std::move(happen));
    }

    Scheduler::Instant instant() const {
        return Scheduler::Instant(std::chrono::duration_cast<Scheduler::Instant::duration>(
            std::chrono::duration<double>(now_s())));
    }

    void answer(const Todo::Start& start, double first_byte_s) {
        Chunk& chunk = *start.chunk;
        if (!running.contains(start.chunk)) return;
        if (chunk.given_up) return end(start.chunk, std::nullopt);
        const ObjectMeta meta{sizes.at(start.download.get()), "\"v0\"", 0};
        perform(scheduler.answered(start.stream, chunk, meta, first_byte_s, instant()));
        world->link.stream(chunk.range.size(), physics.connection_bytes_per_s(),
                           [this, chunk = start.chunk, first_byte_s, head_s = now_s()] {
                               chunk->filled = chunk->range.size();
                               bytes_received += chunk->filled;
                               end(chunk, Served{first_byte_s, now_s() - head_s, chunk->filled});
                           });
    }

    void end(const std::shared_ptr<Chunk>& chunk, const std::optional<Served>& served) {
        const auto found = running.find(chunk);
        if (found == running.end()) return;
        Scheduler::Stream* const stream = found->second.stream;
        running.erase(found);
        perform(scheduler.ended(stream, *chunk, nullptr, served, instant()));
    }

    void close(const Object& object) {
        ChunkQueue::ReadEnd(object.download->queue).close();
        perform(scheduler.close(object.stream));
    }

    void refill(Reader& reader) {
        if (!reader.open_next) return;
        if (reader.at > 10'000) {
            reader.objects.erase(reader.objects.begin(),
                                 reader.objects.begin() + static_cast<std::ptrdiff_t>(reader.at));
            reader.at = 0;
        }
        const std::size_t ahead = reader.objects.size() - reader.at;
        const std::size_t room = scheduler.room(reader.lane, ahead);
        if (room == 0) return;
        for (std::size_t i = 0; i < room; ++i) reader.objects.push_back(reader.open_next());
        perform(scheduler.begin(reader.lane));
    }

    void go_on(std::size_t index) {
        Reader& reader = readers[index];
        while (!reader.over()) {
            const Object& object = reader.present();
            ChunkQueue& queue = object.download->queue;
            ChunkQueue::ReadEnd end(queue);
            end.read_on();
            if (queue.meta() && queue.left() == 0) {
                close(object);
                ++reader.at;
                reader.waits = false;
                refill(reader);
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

    std::map<std::shared_ptr<Chunk>, Todo::Start> running;
    std::map<const Download*, std::uint64_t> sizes;
    bool pumping = false;
};

}  // namespace s3pipes::test
