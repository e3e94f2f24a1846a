// Who gives up memory for whom, and who need not.
#include <algorithm>
#include <thread>

#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(engine_victims, *boost::unit_test::timeout(300))

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
            request.destination = Destination::one_piece();
            return rig.open(*reader, request)->whole(patience());
        }();
        BOOST_TEST(MemoryStore::mismatch({whole.data(), whole.size()}, "huge", 0) == 10u << 20);
    }
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

BOOST_AUTO_TEST_SUITE_END()
