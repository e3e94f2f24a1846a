// How much is asked for ahead: windows, limits of requests, chunks.
#include <chrono>
#include <random>

#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

std::uint64_t bytes_asked(const MemoryStore& store) {
    std::uint64_t sum = 0;
    for (const auto& request : store.requests())
        sum += request.get.range ? request.get.range->size() : 0;
    return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_window, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(gauges_return_to_zero_when_streams_close_early) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        Rig rig({16 * chunk, 32, 1 + static_cast<int>(seed % 3)});
        const auto keys = put_many(*rig.store, 30, 3 * chunk);
        const auto reader = rig.reader(chunk, 8 * chunk);
        std::mt19937 random(seed);
        std::vector<std::shared_ptr<Cursor>> streams;
        for (const auto& key : keys) streams.push_back(reader->open(rig.ask(key, random() % 2)));
        reader->start();
        std::vector<std::byte> into(3 * chunk);
        for (const auto& stream : streams) {
            if (random() % 2 != 0)
                stream->read(std::span(into).first(random() % into.size()), patience());
            if (random() % 3 != 0) stream->close();
        }
    }  // the rig looks at the gauges
}

BOOST_AUTO_TEST_CASE(no_more_requests_run_than_allowed) {
    constexpr int allowed = 5;
    Rig rig({64 << 20, allowed, 2});
    const auto keys = put_many(*rig.store, 60, 2 * chunk);
    const auto gate = std::make_shared<Gate>();
    rig.store->script([&](const auto&) {
        Answer answer;
        answer.before_head = gate;
        return answer;
    });
    const auto reader = rig.reader(chunk, 32 << 20);
    std::vector<std::shared_ptr<Cursor>> streams;
    for (const auto& key : keys) streams.push_back(reader->open(rig.ask(key)));
    reader->start();
    BOOST_REQUIRE(gate->wait_for(allowed));
    rig.round();
    BOOST_TEST(rig.store->requests().size() == static_cast<std::size_t>(allowed));
    gate->open();
    for (std::size_t i = 0; i < keys.size(); ++i)
        BOOST_TEST(wrong_with(*streams[i], keys[i], 2 * chunk + i) == "");
    // Who waits is served beyond the limit, or a limit of unread requests would block it.
    BOOST_TEST(rig.store->most_running() <= allowed + 1);
}

BOOST_AUTO_TEST_CASE(no_more_bytes_are_asked_for_than_the_window_allows) {
    Rig rig({64 << 20, 64, 1});
    const auto keys = put_many(*rig.store, 10, 3 * chunk);
    const auto reader = rig.reader(chunk, 4 * chunk);
    std::vector<std::shared_ptr<Cursor>> streams;
    for (const auto& key : keys) streams.push_back(reader->open(rig.ask(key)));
    reader->start();
    BOOST_REQUIRE(rig.settled());
    BOOST_TEST(bytes_asked(*rig.store) <= 4 * chunk);
    BOOST_TEST(bytes_asked(*rig.store) > 2 * chunk);  // and the window is used
    std::uint64_t read = 0;
    std::vector<std::byte> into(chunk);
    for (std::size_t i = 0; i < keys.size(); ++i)
        while (const std::size_t got = streams[i]->read(into, patience())) {
            read += got;
            BOOST_REQUIRE(rig.settled());
            // The last request may begin within the window and end beyond it.
            BOOST_REQUIRE_LT(bytes_asked(*rig.store), read + 5 * chunk);
        }
}

BOOST_AUTO_TEST_CASE(a_window_of_nothing_fetches_on_demand) {
    Rig rig;
    rig.store->put("object", 5 * chunk);
    const auto reader = rig.reader(chunk, 0);
    const auto stream = rig.open(*reader, rig.ask("object"));
    BOOST_REQUIRE(rig.settled());
    BOOST_TEST(rig.store->requests().empty());
    std::vector<std::byte> into(chunk);
    for (std::size_t i = 1; i <= 5; ++i) {
        BOOST_REQUIRE_EQUAL(stream->read(into, patience()), chunk);
        BOOST_REQUIRE(rig.settled());
        BOOST_REQUIRE_EQUAL(rig.store->requests().size(), i);
    }
}

BOOST_AUTO_TEST_CASE(skipping_ahead_within_what_is_fetched_needs_no_more_memory) {
    Rig rig({3 * chunk, 16, 1});
    rig.store->put("object", 12 * chunk);
    const auto reader = rig.reader(chunk, 3 * chunk);
    const auto stream = rig.open(*reader, rig.ask("object"));
    std::vector<std::byte> into(chunk);
    for (std::uint64_t at = 0; at < 12 * chunk; at += 3 * chunk) {
        stream->seek(at);
        BOOST_REQUIRE_EQUAL(stream->read(std::span(into).first(10), patience()), 10u);
        BOOST_REQUIRE(rig.settled());
        stream->seek(at + 2 * chunk);
        BOOST_REQUIRE_EQUAL(stream->read(into, patience()), chunk);
        BOOST_REQUIRE_EQUAL(MemoryStore::mismatch(into, "object", at + 2 * chunk), chunk);
    }
    // To the very end of what is fetched: its memory must not stand in the way.
    stream->seek(0);
    BOOST_REQUIRE_EQUAL(stream->read(std::span(into).first(10), patience()), 10u);
    stream->seek(chunk);
    BOOST_REQUIRE_EQUAL(stream->read(into, patience()), chunk);
    stream->seek(3 * chunk);
    BOOST_REQUIRE_EQUAL(stream->read(into, patience()), chunk);
}

BOOST_AUTO_TEST_CASE(a_slow_chunk_that_was_skipped_is_not_waited_for) {
    Rig rig({3 * chunk, 16, 1});
    rig.store->put("object", 12 * chunk);
    const auto gate = std::make_shared<Gate>();
    rig.store->script([&](const MemoryStore::Request& request) {
        Answer answer;
        if (request.get.range->begin == chunk) answer.before_rest = gate, answer.deliver = 5;
        return answer;
    });
    const auto reader = rig.reader(chunk, 3 * chunk);
    const auto stream = rig.open(*reader, rig.ask("object"));
    std::vector<std::byte> into(chunk);
    BOOST_REQUIRE_EQUAL(stream->read(into, patience()), chunk);
    BOOST_REQUIRE(gate->wait_for(1));
    stream->seek(2 * chunk);
    const auto rest = read_rest(*stream);
    BOOST_TEST(rest.size() == 10 * chunk);
    BOOST_TEST(MemoryStore::mismatch(rest, "object", 2 * chunk) == rest.size());
}

BOOST_AUTO_TEST_CASE(streams_dropped_while_they_are_about_to_start_harm_nobody) {
    Rig rig({4 * chunk, 8, 2});
    const auto keys = put_many(*rig.store, 4, chunk);
    const auto reader = rig.reader(chunk, 2 * chunk);
    for (int i = 0; i < 3000; ++i) {
        const auto stream = reader->open(rig.ask(keys[static_cast<std::size_t>(i) % 4], i % 2));
        reader->start();
    }  // dropped without close()
    BOOST_TEST(wrong_with(*rig.open(*reader, rig.ask(keys[0])), keys[0], chunk) == "");
}

BOOST_AUTO_TEST_CASE(has_room_keeps_the_lookahead) {
    Rig rig;
    const auto counted =
        std::make_shared<Reader>(rig.engine, ReadRules{chunk, std::nullopt, 3, quick_retries()});
    BOOST_TEST(counted->room(2) == 1u);
    BOOST_TEST(counted->room(3) == 0u);
    const auto closed_window = rig.reader(chunk, 0);
    BOOST_TEST(closed_window->room(0) > 0u);
    BOOST_TEST(closed_window->room(100) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
