// Memory, window and request limits; and that nobody waits for ever, whatever lies about unread.
#include <algorithm>
#include <numeric>
#include <random>
#include <thread>

#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

constexpr std::uint64_t chunk = 64 * KiB;

// Reads what is left, in steps, and returns what is wrong with it; "" where nothing is.
std::string wrong_with(Cursor& stream, const std::string& key, std::uint64_t size,
                       std::size_t step = 10'000) {
    try {
        const auto all = read_rest(stream, step);
        if (all.size() != size) return key + ": " + std::to_string(all.size()) + " bytes";
        const std::size_t same = MemoryStore::mismatch(all, key, 0);
        if (same != size) return key + ": wrong at " + std::to_string(same);
    } catch (const std::exception& thrown) {
        return key + ": " + thrown.what();
    }
    return "";
}

std::vector<std::string> put_many(MemoryStore& store, int count, std::uint64_t size) {
    std::vector<std::string> keys;
    for (int i = 0; i < count; ++i) {
        keys.push_back("object-" + std::to_string(i));
        store.put(keys.back(), size + static_cast<std::uint64_t>(i));
    }
    return keys;
}

std::uint64_t bytes_asked(const MemoryStore& store) {
    std::uint64_t sum = 0;
    for (const auto& request : store.requests())
        sum += request.get.range ? request.get.range->size() : 0;
    return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_scheduler, *boost::unit_test::timeout(300))

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

BOOST_AUTO_TEST_CASE(no_more_is_given_up_than_is_needed) {
    Rig rig({8 * chunk, 64, 1});
    const auto keys = put_many(*rig.store, 8, 2 * chunk);
    rig.store->put("urgent", 2 * chunk);
    const auto gate = std::make_shared<Gate>();
    rig.store->script([&](const MemoryStore::Request& request) {
        Answer answer;
        if (request.get.key != "urgent") answer.before_rest = gate, answer.deliver = 10;
        return answer;
    });
    const auto reader = rig.reader(chunk, 8 * chunk);
    std::vector<std::shared_ptr<Cursor>> streams;
    for (const auto& key : keys) streams.push_back(reader->open(rig.ask(key)));
    reader->start();
    BOOST_REQUIRE(gate->wait_for(8));  // every byte of the budget is on its way
    const auto other = rig.reader(chunk, chunk);
    std::vector<std::byte> into(chunk);
    const auto urgent = rig.open(*other, rig.ask("urgent"));
    BOOST_TEST(urgent->read(into, patience()) == chunk);
    BOOST_TEST(rig.engine->stats().chunks_evicted.load() <= 2u);  // those of one stream
    gate->open();
    for (std::size_t i = 0; i < keys.size(); ++i)
        BOOST_TEST(wrong_with(*streams[i], keys[i], 2 * chunk + i) == "");
}

BOOST_AUTO_TEST_CASE(streams_that_failed_unread_do_not_keep_memory_from_others) {
    Rig rig({3 * chunk, 16, 1});
    const auto keys = put_many(*rig.store, 6, 3 * chunk);
    rig.store->put("wanted", 3 * chunk);
    rig.store->script([](const MemoryStore::Request& request) {
        Answer answer;
        if (request.get.key != "wanted" && request.get.range->begin == chunk) {
            answer.deliver = 100;
            answer.cut.emplace(ErrorKind::access_denied, "no");
        }
        return answer;
    });
    const auto reader = rig.reader(chunk, 1 << 30);
    std::vector<std::shared_ptr<Cursor>> streams;
    for (const auto& key : keys) streams.push_back(reader->open(rig.ask(key)));
    reader->start();
    BOOST_REQUIRE(rig.settled());
    const auto other = rig.reader(chunk);
    BOOST_TEST(wrong_with(*rig.open(*other, rig.ask("wanted")), "wanted", 3 * chunk) == "");
    // Their failures are told all the same, after the bytes before them.
    for (std::size_t i = 0; i < keys.size(); ++i) {
        std::vector<std::byte> into(chunk + 100);
        BOOST_REQUIRE_EQUAL(streams[i]->read(into, patience()), into.size());
        BOOST_REQUIRE_EQUAL(MemoryStore::mismatch(into, keys[i], 0), into.size());
        const Failure failure =
            failure_of([&] { streams[i]->read(std::span(into).first(1), patience()); });
        BOOST_TEST((failure.error.kind == ErrorKind::access_denied));
        streams[i]->close();
    }
}

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

BOOST_AUTO_TEST_CASE(objects_larger_than_guessed_find_their_memory) {
    Rig rig({8 << 20, 64, 1});
    const auto keys = put_many(*rig.store, 12, 10'000);
    for (int i = 0; i < 12; ++i) rig.store->put("large-" + std::to_string(i), 3 << 20);
    const auto reader = rig.reader(4 << 20);
    // The small ones teach it to guess small.
    for (const auto& key : keys)
        BOOST_REQUIRE_EQUAL(read_rest(*rig.open(*reader, rig.ask(key, false))).size(),
                            rig.store->meta(key).size);
    std::vector<std::shared_ptr<Cursor>> streams;
    for (int i = 0; i < 12; ++i)
        streams.push_back(reader->open(rig.ask("large-" + std::to_string(i), false)));
    reader->start();
    for (int i = 11; i >= 0; --i)
        BOOST_TEST(wrong_with(*streams[static_cast<std::size_t>(i)], "large-" + std::to_string(i),
                              3 << 20, 1 << 20) == "");
    BOOST_TEST(rig.engine->arena().charged() <= 8u << 20);
}

BOOST_AUTO_TEST_CASE(a_chunk_larger_than_the_budget_is_a_clear_error) {
    for (const bool known : {true, false}) {
        Rig rig({2 << 20, 64, 1});
        rig.store->put("huge", 10 << 20);
        rig.store->put("small", 1000);
        const auto reader = rig.reader(4 << 20, 64 << 20);
        const auto huge = rig.open(*reader, rig.ask("huge", known));
        const auto small = rig.open(*reader, rig.ask("small", known));
        const Failure failure = failure_of([&] { read_rest(*huge); });
        BOOST_TEST((failure.error.kind == ErrorKind::config));
        BOOST_TEST(failure.error.message.find("2097152") != std::string::npos);
        BOOST_TEST(failure.url == "s3://memory/huge");
        BOOST_TEST(wrong_with(*small, "small", 1000) == "");
        // The whole of it is not the budget's.
        const View whole = [&] {
            OpenRequest request = rig.ask("huge", known);
            request.contiguous = true;
            return rig.open(*reader, request)->whole(patience());
        }();
        BOOST_TEST(MemoryStore::mismatch({whole.data(), whole.size()}, "huge", 0) == 10u << 20);
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

BOOST_AUTO_TEST_CASE(next_ready_goes_beyond_memory_that_others_left_unread) {
    Rig rig({2 * chunk, 16, 1});
    rig.store->put("unread", 4 * chunk);
    const auto keys = put_many(*rig.store, 20, chunk / 2);
    const auto idle = rig.reader(chunk, 4 * chunk);
    const auto unread = rig.open(*idle, rig.ask("unread"));
    BOOST_REQUIRE(rig.settled());
    for (const std::uint64_t window : {std::uint64_t{0}, 8 * chunk}) {
        const auto reader = rig.unordered(chunk, window);
        std::vector<std::shared_ptr<Cursor>> streams;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            OpenRequest request = rig.ask(keys[i], i % 2 != 0);
            request.tag = i;
            streams.push_back(reader->open(std::move(request)));
        }
        reader->start();
        // Taken and not read, as a shuffle does.
        std::vector<int> seen(keys.size());
        for (std::size_t i = 0; i < keys.size(); ++i) ++seen[reader->next_ready(patience())];
        BOOST_TEST(std::count(seen.begin(), seen.end(), 1) == 20);
        for (std::size_t i = 0; i < keys.size(); ++i)
            BOOST_TEST(wrong_with(*streams[i], keys[i], chunk / 2 + i) == "");
    }
}

BOOST_AUTO_TEST_CASE(next_ready_and_readers_share_too_little_memory) {
    Rig rig({2 * chunk, 8, 2});
    const auto keys = put_many(*rig.store, 60, chunk);
    rig.store->put("other", 60 * chunk);
    std::string wrong_other;
    std::thread other([&] {
        const auto reader = rig.reader(chunk, 2 * chunk);
        wrong_other = wrong_with(*rig.open(*reader, rig.ask("other")), "other", 60 * chunk);
    });
    const auto reader = rig.unordered(chunk + 4 * KiB, 8 * chunk);
    std::vector<std::shared_ptr<Cursor>> streams;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        OpenRequest request = rig.ask(keys[i], false);
        request.tag = i;
        streams.push_back(reader->open(std::move(request)));
    }
    reader->start();
    std::vector<std::string> wrong;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const std::size_t at = reader->next_ready(patience());
        auto found = wrong_with(*streams[at], keys[at], chunk + at);
        if (!found.empty()) wrong.push_back(std::move(found));
    }
    other.join();
    BOOST_TEST(wrong == std::vector<std::string>(), boost::test_tools::per_element());
    BOOST_TEST(wrong_other == "");
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

BOOST_AUTO_TEST_CASE(a_near_store_is_asked_for_smaller_chunks) {
    constexpr std::uint64_t MiB = 1 << 20;
    for (const bool near : {true, false}) {
        Rig rig;
        rig.store->put("object", 40 * MiB);
        rig.store->script([near](const MemoryStore::Request&) {
            // So far away that no answer comes sooner.
            const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
            while (!near && std::chrono::steady_clock::now() < until) {
            }
            return Answer{};
        });
        // The second reader profits from what the first one found out.
        std::size_t asked = 0;
        for (const std::uint64_t first : {8 * MiB, near ? 2 * MiB : 8 * MiB}) {
            const auto reader = std::make_shared<Reader>(rig.engine, ReadRules{});
            const auto stream = rig.open(*reader, rig.ask("object"));
            BOOST_TEST(wrong_with(*stream, "object", 40 * MiB, 1 << 20) == "");
            const auto requests = rig.store->requests();
            BOOST_TEST(requests.at(asked).get.range->size() == first);
            BOOST_TEST(requests.back().get.range->size() == (near ? 2 * MiB : 8 * MiB));
            asked = requests.size();
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
