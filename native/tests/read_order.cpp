// What is nearer in the order of delivery goes before what is farther, whatever arrives when; on a
// simulated clock.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <sstream>

#include "tests/read_simulation.hpp"
#include "tests/sanitized.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

constexpr std::uint64_t MiB = 1 << 20;

// As S3's: a median of 27 ms, at least 10 ms.
std::function<double()> first_bytes_of_s3(unsigned seed) {
    return [random = std::mt19937(seed),
            spread = std::lognormal_distribution<double>(std::log(0.027), 0.62)]() mutable {
        return std::max(0.010, spread(random));
    };
}

ReadRules rules_of(std::uint64_t chunk_bytes, std::uint64_t window_bytes) {
    ReadRules rules;
    rules.chunk_bytes = chunk_bytes;
    rules.window_bytes = window_bytes;
    return rules;
}

std::string text_of(const Scheduler& scheduler) {
    std::ostringstream out;
    out << scheduler;
    return out.str();
}

// The simulated seconds that it takes to read `count` objects.
double seconds_to_read(int count, std::uint64_t size, bool known, std::uint64_t window,
                       unsigned seed, int open_ahead) {
    Simulation sim(512 * MiB, 256, {.first_byte_s = first_bytes_of_s3(seed)});
    Scheduler::Lane* lane = sim.scheduler.open_lane(rules_of(8 * MiB, window));
    std::vector<Simulation::Object> objects;
    for (int i = 0; i < std::min(count, open_ahead); ++i)
        objects.push_back(sim.open(lane, size, known));
    sim.perform(sim.scheduler.begin(lane));
    sim.read(objects);
    sim.run();
    BOOST_REQUIRE(sim.all_read());
    BOOST_TEST(sim.arena->charged() == 0u);
    return sim.now_s();
}

}  // namespace

// Of one thread, in which ThreadSanitizer has nothing to see.
BOOST_AUTO_TEST_SUITE(read_order, *boost::unit_test::timeout(300) *
                                      boost::unit_test::enable_if<!under_thread_sanitizer>())

BOOST_AUTO_TEST_CASE(the_present_object_is_fetched_as_if_it_were_alone) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            std::mt19937 random(seed);
            const std::uint64_t chunk = MiB << random() % 4;
            const std::uint64_t window = chunk * (2 + random() % 30);
            Simulation sim(512 * MiB, 256, {.first_byte_s = first_bytes_of_s3(seed)});
            Scheduler::Lane* lane = sim.scheduler.open_lane(rules_of(chunk, window));
            std::vector<Simulation::Object> objects;
            for (int i = 0; i < 12; ++i)
                objects.push_back(sim.open(lane, random() % (96 * MiB), random() % 3 == 0));
            sim.perform(sim.scheduler.begin(lane));
            sim.read(objects);
            std::uint64_t looked = 0;
            sim.run([&] {
                const auto& reader = sim.readers.front();
                if (reader.over() || !reader.waits) return;
                // Alone it would have its whole window on its way, but for an eighth that waits to
                // be worth a wake-up, or all that is left of it.
                const ChunkQueue& present = reader.present().download->queue;
                if (!present.meta() || sim.at_limit()) return;
                ++looked;
                const std::uint64_t due = std::min(window - window / 8, present.left());
                BOOST_TEST_REQUIRE(present.outstanding_bytes() >= due, text_of(sim.scheduler));
            });
            BOOST_TEST(sim.all_read());
            BOOST_TEST(looked > 0u);
        }
    }
}

BOOST_AUTO_TEST_CASE(nothing_that_may_start_waits) {
    std::uint64_t looked = 0;
    for (unsigned seed = 0; seed < 60; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            std::mt19937 random(seed);
            const std::uint64_t budget = MiB * (32 + random() % 256);
            const int max_requests = 1 + static_cast<int>(random() % 300);
            Simulation sim(budget, max_requests, {.first_byte_s = first_bytes_of_s3(seed)});
            Scheduler::Lane* lane = sim.scheduler.open_lane({});
            std::vector<Simulation::Object> objects;
            for (unsigned count = 1 + random() % 200; count > 0; --count)
                objects.push_back(
                    sim.open(lane, 1 + (random() % (40 * MiB) >> random() % 12), true));
            sim.perform(sim.scheduler.begin(lane));
            sim.read(objects);
            sim.run([&] {
                // Nothing is known of the store before its first answer.
                const Flow& flow = sim.scheduler.flows().front().flow;
                if (!flow.path.nearness().known() || sim.at_limit()) return;
                const auto& reader = sim.readers.front();
                std::uint64_t left = 0, outstanding = 0;
                for (std::size_t i = reader.at; i < objects.size(); ++i) {
                    const ChunkQueue& queue = objects[i].download->queue;
                    left += queue.left();
                    outstanding += queue.outstanding_bytes();
                }
                ++looked;
                // But for what waits to be worth a wake-up, and a last request that does not fit.
                const std::uint64_t window = budget - budget / 8, slack = 5 * 8 * MiB;
                const std::uint64_t due = std::min(left, window - std::min(window, slack));
                BOOST_TEST_REQUIRE(outstanding >= due, text_of(sim.scheduler));
            });
            BOOST_TEST(sim.all_read());
            BOOST_TEST(sim.arena->charged() == 0u);
        }
    }
    BOOST_TEST(looked > 1000u);
}

BOOST_AUTO_TEST_CASE(objects_of_unknown_size_take_no_longer_than_listed_ones) {
    double listed = 0, plain = 0;
    for (unsigned seed = 0; seed < 20; ++seed) {
        listed += seconds_to_read(8, 64 * MiB, true, 64 * MiB, seed, 8);
        plain += seconds_to_read(8, 64 * MiB, false, 64 * MiB, seed, 8);
    }
    // A first byte more each: they need not be asked for what they are.
    BOOST_TEST(plain <= 1.25 * listed);
}

BOOST_AUTO_TEST_CASE(a_farther_object_gives_its_memory_to_a_nearer_one) {
    // The heads of later objects came first and filled the memory.
    Simulation sim(16 * MiB, 256, {});
    Scheduler::Lane* lane = sim.scheduler.open_lane(rules_of(MiB, 64 * MiB));
    std::vector<Simulation::Object> objects;
    int answers = 0;
    sim.physics.first_byte_s = [&] { return ++answers == 1 ? 10.0 : 0.03; };
    for (int i = 0; i < 8; ++i) objects.push_back(sim.open(lane, 40 * MiB, false));
    sim.perform(sim.scheduler.begin(lane));
    sim.read(objects);
    bool was_full = false, got_its_place = false;
    sim.run([&] {
        const auto& reader = sim.readers.front();
        if (reader.at != 0) return;
        const ChunkQueue& first = reader.present().download->queue;
        if (!first.meta()) was_full = was_full || sim.arena->charged() > 15 * MiB;
        if (was_full && first.outstanding_bytes() >= 15 * MiB) got_its_place = true;
    });
    BOOST_TEST(sim.all_read());
    BOOST_TEST(was_full);
    BOOST_TEST(got_its_place);
    BOOST_TEST(sim.stats.chunks_evicted.load() > 0u);
}

BOOST_AUTO_TEST_CASE(readers_with_any_rules_all_come_to_their_end) {
    for (unsigned seed = 0; seed < 150; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            std::mt19937 random(seed);
            const std::uint64_t budget = MiB * (1 + random() % 64);
            Simulation sim(budget, 1 + static_cast<int>(random() % 64),
                           {.first_byte_s = first_bytes_of_s3(seed)});
            for (unsigned lanes = 1 + random() % 4; lanes > 0; --lanes) {
                const std::uint64_t chunk = std::min(budget * 8 / 10, MiB << random() % 4);
                Scheduler::Lane* lane = sim.scheduler.open_lane(
                    rules_of(chunk, random() % 4 == 0 ? 0 : chunk * (random() % 40)));
                std::vector<Simulation::Object> objects;
                for (unsigned count = 1 + random() % 20; count > 0; --count)
                    objects.push_back(
                        sim.open(lane, random() % (20 * MiB) >> random() % 20, random() % 2));
                sim.perform(sim.scheduler.begin(lane));
                sim.read(objects);
            }
            sim.run([&] { BOOST_REQUIRE_LE(sim.arena->charged(), budget); });
            BOOST_TEST(sim.all_read(), text_of(sim.scheduler));
            BOOST_TEST(sim.arena->charged() == 0u);
            BOOST_TEST(sim.scheduler.running() == 0);
            std::uint64_t size = 0, read = 0;
            for (const auto& reader : sim.readers) {
                read += reader.bytes_read;
                for (const auto& object : reader.objects) size += object.size;
            }
            BOOST_TEST(read == size);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
