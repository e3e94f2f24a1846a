// Memory is short, and nobody waits for ever, whatever lies about unread.
#include <algorithm>
#include <numeric>
#include <random>
#include <thread>

#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(engine_memory, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(many_unread_streams_do_not_block_any_one_of_them) {
    for (const int loops : {1, 2, 3}) {
        for (const bool known : {true, false}) {
            Rig rig({2 * chunk, 64, loops});
            const auto keys = put_many(*rig.store, 200, 100 * KiB);
            const auto reader = rig.reader(chunk, 1 << 30);
            std::vector<std::shared_ptr<Cursor>> streams;
            for (const auto& key : keys) streams.push_back(reader->open(rig.ask(key, known)));
            reader->start();
            std::vector<std::size_t> order(keys.size());
            std::iota(order.begin(), order.end(), 0);
            std::shuffle(order.begin(), order.end(), std::mt19937(7));

            std::atomic<std::size_t> turn = 0;
            std::mutex mutex;
            std::vector<std::string> wrong;
            std::vector<std::thread> threads;
            for (int t = 0; t < 3; ++t)
                threads.emplace_back([&] {
                    for (std::size_t i = turn++; i < order.size(); i = turn++) {
                        const std::size_t at = order[i];
                        const auto found =
                            wrong_with(*streams[at], keys[at], 100 * KiB + at, 9'000);
                        streams[at]->close();
                        if (found.empty()) continue;
                        std::lock_guard lock(mutex);
                        wrong.push_back(found);
                    }
                });
            for (auto& thread : threads) thread.join();
            BOOST_TEST(wrong == std::vector<std::string>(), boost::test_tools::per_element());
            BOOST_TEST(rig.engine->arena().charged() <= 2 * chunk);
        }
    }
}

BOOST_AUTO_TEST_CASE(two_readers_take_turns_in_memory_for_one_chunk) {
    Rig rig({chunk, 16, 2});
    rig.store->put("a", 20 * chunk);
    rig.store->put("b", 20 * chunk);
    std::vector<std::string> wrong(2);
    std::vector<std::thread> threads;
    for (const int i : {0, 1})
        threads.emplace_back([&, i] {
            const std::string key = i == 0 ? "a" : "b";
            const auto reader = rig.reader(chunk);
            wrong[static_cast<std::size_t>(i)] =
                wrong_with(*rig.open(*reader, rig.ask(key)), key, 20 * chunk, 30'000);
        });
    for (auto& thread : threads) thread.join();
    BOOST_TEST(wrong[0] == "");
    BOOST_TEST(wrong[1] == "");
}

BOOST_AUTO_TEST_CASE(one_thread_reads_two_loaders_by_turns) {
    Rig rig({2 * chunk, 16, 1});
    rig.store->put("a", 10 * chunk);
    rig.store->put("b", 10 * chunk);
    const auto first = rig.reader(chunk), second = rig.reader(chunk);
    const auto a = rig.open(*first, rig.ask("a")), b = rig.open(*second, rig.ask("b"));
    std::vector<std::byte> into(10'000);
    for (std::uint64_t at = 0; at < 10 * chunk; at += into.size()) {
        const std::size_t count = std::min<std::uint64_t>(into.size(), 10 * chunk - at);
        for (const auto& [stream, key] : {std::pair{a, "a"}, std::pair{b, "b"}}) {
            BOOST_REQUIRE_EQUAL(stream->read(into, patience()), count);
            BOOST_REQUIRE_EQUAL(MemoryStore::mismatch(std::span(into).first(count), key, at),
                                count);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_reader_of_large_chunks_is_not_starved_by_one_of_small_ones) {
    Rig rig({4 * chunk, 16, 1});
    rig.store->put("large", 16 * chunk);
    rig.store->put("small", 4000 * 4 * KiB);
    std::atomic<bool> over = false;
    std::string wrong_small;
    std::thread small([&] {
        const auto reader = rig.reader(4 * KiB, 4 * chunk);
        const auto stream = rig.open(*reader, rig.ask("small"));
        const Poll poll = patience();
        try {
            while (!over) {
                if (stream->next_view(poll).empty() == 0) stream->seek(0);
            }
        } catch (const std::exception& thrown) {
            wrong_small = thrown.what();
        }
    });
    const auto reader = rig.reader(4 * chunk);
    const auto wrong = wrong_with(*rig.open(*reader, rig.ask("large")), "large", 16 * chunk);
    over = true;
    small.join();
    BOOST_TEST(wrong == "");
    BOOST_TEST(wrong_small == "");
}

BOOST_AUTO_TEST_CASE(what_was_given_up_for_another_is_fetched_again) {
    Rig rig({2 * chunk, 16, 1});
    rig.store->put("first", 2 * chunk);
    rig.store->put("second", 2 * chunk);
    const auto gate = std::make_shared<Gate>();
    gate->open();
    const auto reader = rig.reader(chunk, 2 * chunk);
    const auto first = rig.open(*reader, rig.ask("first"));
    std::vector<std::byte> head(100);
    BOOST_TEST(first->read(head, patience()) == 100u);
    BOOST_TEST(rig.settled());  // both chunks of the first fill the budget
    const auto other = rig.reader(chunk, 2 * chunk);
    BOOST_TEST(wrong_with(*rig.open(*other, rig.ask("second")), "second", 2 * chunk) == "");
    BOOST_TEST(rig.engine->stats().chunks_evicted.load() > 0u);
    const auto rest = read_rest(*first);
    BOOST_TEST(rest.size() == 2 * chunk - 100);
    BOOST_TEST(MemoryStore::mismatch(rest, "first", 100) == rest.size());
}

BOOST_AUTO_TEST_SUITE_END()
