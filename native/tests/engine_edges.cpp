// Objects and ranges at the edges: empty, small, unknown, beyond the end, into given memory.
#include <algorithm>

#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(engine_edges, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(the_callers_memory_is_filled_in_place) {
    for (const bool known : {true, false}) {
        for (const std::uint64_t size : {0ull, 1ull, 70'000ull, 1'000'000ull}) {
            Rig rig;
            rig.store->put("into", size);
            std::vector<std::byte> memory(size + 100, std::byte{0x5a});
            const auto reader = rig.reader(64 * KiB);
            OpenRequest request = rig.ask("into", known);
            request.destination = Destination::into(Buffer::around(std::span(memory)));
            const auto stream = rig.open(*reader, request);
            const View whole = stream->whole(patience());
            stream->close(true);
            BOOST_TEST(whole.size() == size);
            BOOST_TEST(MemoryStore::mismatch(std::span(memory).first(size), "into", 0) == size);
            BOOST_TEST(std::count(memory.begin() + static_cast<long>(size), memory.end(),
                                  std::byte{0x5a}) == 100);
            BOOST_TEST(rig.engine->arena().charged() == 0u);
        }
    }
}

BOOST_AUTO_TEST_CASE(too_small_memory_of_the_caller_is_a_clear_error) {
    for (const bool known : {true, false}) {
        Rig rig;
        rig.store->put("large", 200'000);
        std::vector<std::byte> memory(199'999, std::byte{0x5a});
        const auto reader = rig.reader(64 * KiB);
        OpenRequest request = rig.ask("large", known);
        request.destination = Destination::into(Buffer::around(std::span(memory)));
        const auto stream = rig.open(*reader, request);
        const Failure failure = failure_of([&] { stream->whole(patience()); });
        BOOST_TEST((failure.error.kind == ErrorKind::config));
        BOOST_TEST(failure.error.message.find("200000") != std::string::npos);
        stream->close(true);
        BOOST_TEST(std::count(memory.begin(), memory.end(), std::byte{0x5a}) == 199'999);
    }
}

BOOST_AUTO_TEST_CASE(small_objects_stay_readable_and_leave_the_budget) {
    Rig rig;
    rig.store->put("small", 5000);
    const auto reader = rig.reader(64 * KiB);
    const auto stream = rig.open(*reader, rig.ask("small", false));
    stream->wait_ready(patience());
    BOOST_TEST(stream->ready());
    BOOST_TEST(rig.engine->arena().charged() == 0u);
    const View whole = stream->whole(patience());
    for (const std::uint64_t from : {0u, 4999u, 17u, 0u}) {
        stream->seek(from);
        const auto rest = read_rest(*stream);
        BOOST_TEST(rest.size() == 5000 - from);
        BOOST_TEST(MemoryStore::mismatch(rest, "small", from) == rest.size());
    }
    BOOST_TEST(rig.store->requests().size() == 1u);
    // A piece outlives its stream.
    stream->close();
    BOOST_TEST(MemoryStore::mismatch({whole.data(), whole.size()}, "small", 0) == 5000u);
}

BOOST_AUTO_TEST_CASE(an_object_of_unknown_size_takes_one_request_if_it_is_small) {
    Rig rig;
    rig.store->put("empty", 0);
    rig.store->put("one", 1);
    rig.store->put("chunk", 64 * KiB);
    const auto reader = rig.reader(64 * KiB);
    for (const std::string key : {"empty", "one", "chunk"}) {
        const auto stream = rig.open(*reader, rig.ask(key, false));
        const auto all = read_rest(*stream);
        const std::uint64_t size = rig.store->meta(key).size;
        BOOST_TEST(all.size() == size);
        BOOST_TEST(MemoryStore::mismatch(all, key, 0) == size);
        BOOST_TEST(stream->meta(patience()).etag == rig.store->meta(key).etag);
        BOOST_TEST(stream->end(patience()) == size);
    }
    BOOST_TEST(rig.store->requests().size() == 3u);
}

BOOST_AUTO_TEST_CASE(size_and_end_are_known_after_the_last_byte_too) {
    Rig rig;
    rig.store->put("long", 300'000);
    const auto reader = rig.reader(64 * KiB);
    const auto stream = rig.open(*reader, rig.ask("long", false));
    BOOST_TEST(read_rest(*stream).size() == 300'000u);
    BOOST_TEST(stream->end(patience()) == 300'000u);
    BOOST_TEST(stream->ready());
    stream->wait_ready(patience());
    std::byte nothing[1];
    BOOST_TEST(stream->read(nothing, patience()) == 0u);
    const View whole = stream->whole(patience());
    BOOST_TEST(MemoryStore::mismatch({whole.data(), whole.size()}, "long", 0) == 300'000u);
}

BOOST_AUTO_TEST_CASE(a_seek_beyond_the_end_finds_no_bytes) {
    for (const bool known : {true, false}) {
        for (const std::uint64_t size : {0ull, 10ull, 300'000ull}) {
            Rig rig;
            rig.store->put("short", size);
            const auto reader = rig.reader(64 * KiB);
            const auto stream = rig.open(*reader, rig.ask("short", known));
            stream->seek(1 << 20);
            std::byte nothing[10];
            BOOST_TEST(stream->read(nothing, patience()) == 0u);
            BOOST_TEST(stream->next_view(patience()).empty());
            stream->seek(0);
            BOOST_TEST(read_rest(*stream).size() == size);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_range_beyond_the_end_is_not_readable) {
    Rig rig;
    rig.store->put("short", 100);
    const auto reader = rig.reader(64 * KiB);
    for (const bool contiguous : {true, false}) {
        OpenRequest request = rig.ask("short", false);
        request.begin = 50;
        request.end = 101;
        request.destination = one_piece_if(contiguous);
        const auto stream = rig.open(*reader, request);
        const Failure failure = failure_of([&] { stream->whole(patience()); });
        BOOST_TEST((failure.error.kind == ErrorKind::range_not_satisfiable));
        stream->close();
        // A listed object that has no such bytes is none of their range's.
        OpenRequest behind = rig.ask("short", true);
        behind.begin = 200;
        behind.destination = one_piece_if(contiguous);
        const auto nothing = rig.open(*reader, behind);
        BOOST_TEST(nothing->whole(patience()).empty());
        BOOST_TEST(read_rest(*nothing).size() == 0u);
    }
}

BOOST_AUTO_TEST_CASE(answers_that_come_at_once_do_not_pile_up) {
    Rig rig({64 << 20, 16, 1});
    for (int i = 0; i < 2000; ++i) rig.store->put(std::to_string(i), 10);
    rig.store->script([](const auto&) {
        Answer answer;
        answer.at_once = true;
        return answer;
    });
    const auto reader = rig.reader(64 * KiB, 60 << 20);
    std::vector<std::shared_ptr<Cursor>> streams;
    for (int i = 0; i < 2000; ++i) streams.push_back(reader->open(rig.ask(std::to_string(i))));
    reader->start();
    for (const auto& stream : streams) BOOST_REQUIRE_EQUAL(read_rest(*stream).size(), 10u);
}

// A kept view owns its bytes, whatever becomes of its stream and of the memory of others.
BOOST_AUTO_TEST_CASE(views_keep_their_bytes) {
    constexpr std::uint64_t size = 300'000;
    for (const bool contiguous : {true, false}) {
        for (const bool interrupted : {true, false}) {
            Rig rig;
            rig.store->put("kept", size);
            rig.store->put("other", size);
            const auto reader = rig.reader(size, size);
            std::vector<View> views;
            {
                OpenRequest request = rig.ask("kept");
                request.destination = one_piece_if(contiguous);
                const auto stream = rig.open(*reader, request);
                if (interrupted) {
                    try {
                        stream->whole([] { throw std::runtime_error("interrupted"); });
                    } catch (const std::runtime_error&) {
                    }
                }
                for (;;) {
                    views.push_back(stream->next_view(patience()));
                    if (views.back().empty()) break;
                    BOOST_TEST(views.back().owner() != nullptr);
                }
                if (!contiguous) views.push_back(stream->whole(patience()));
            }
            for (int i = 0; i < 3; ++i)
                BOOST_TEST(wrong_with(*rig.open(*reader, rig.ask("other")), "other", size) == "");
            for (const View& view : views)
                BOOST_TEST(MemoryStore::mismatch(view, "kept", 0) == view.size());
            views.clear();
        }
    }
}

BOOST_AUTO_TEST_CASE(a_glance_at_a_large_object_costs_one_small_request) {
    Rig rig;
    rig.store->put("large", 100 << 20);
    for (const bool known : {true, false}) {
        const auto reader = std::make_shared<Reader>(rig.engine, ReadRules{});
        OpenRequest request = rig.ask("large", known);
        request.glance = true;
        const std::size_t before = rig.store->requests().size();
        const auto stream = rig.open(*reader, request);
        stream->wait_ready(patience());
        std::vector<std::byte> into(512);
        BOOST_TEST(stream->read(into, patience()) == 512u);
        BOOST_TEST(rig.settled());
        const auto requests = rig.store->requests();
        BOOST_TEST(requests.size() == before + 1);
        BOOST_TEST(requests.back().get.range->size() == 128 * KiB);
    }
}

BOOST_AUTO_TEST_SUITE_END()
