// Streams against a model: every byte, whatever is read how, and whatever fails on the way.
#include <algorithm>
#include <random>

#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

struct Trial {
    explicit Trial(unsigned seed) : random(seed) {}
    std::mt19937 random;

    std::uint64_t below(std::uint64_t limit) { return random() % limit; }
    bool one_in(unsigned n) { return random() % n == 0; }

    // Sizes where chunks end are likelier than others.
    std::uint64_t size(std::uint64_t chunk) {
        const std::uint64_t whole = chunk * below(8);
        switch (below(5)) {
            case 0: return whole;
            case 1: return whole + 1;
            case 2: return whole == 0 ? 0 : whole - 1;
            case 3: return below(chunk);
            default: return below(8 * chunk);
        }
    }
};

// Each request fails with a chance of one in four, before or after some bytes.
Answer sometimes_fails(std::mt19937& random) {
    static const ErrorKind kinds[] = {ErrorKind::connection, ErrorKind::timeout,
                                      ErrorKind::throttled, ErrorKind::server};
    Answer answer;
    answer.piece_bytes = 1 + random() % 20'000;
    switch (random() % 8) {
        case 0: answer.refuse.emplace(kinds[random() % 4], "as the script says"); break;
        case 1:
            answer.deliver = random() % 50'000;
            answer.cut.emplace(kinds[random() % 4], "as the script says");
            break;
        case 2:  // ends early without a word
            answer.deliver = random() % 50'000;
            answer.stop = true;
            break;
        default: break;
    }
    return answer;
}

void random_walk(Cursor& stream, Trial& trial, const std::string& key, std::uint64_t begin,
                 std::uint64_t size, std::uint64_t chunk) {
    const Poll poll = patience();
    std::uint64_t position = begin;
    std::vector<std::byte> into;
    std::string line;
    for (int step = 0; step < 40; ++step) {
        const std::uint64_t left = position < size ? size - position : 0;
        switch (trial.below(6)) {
            case 0:
            case 1: {
                into.assign(trial.below(trial.one_in(3) ? 3 * chunk : 700), std::byte{0});
                const std::size_t got = stream.read(into, poll);
                BOOST_REQUIRE_EQUAL(got, std::min<std::uint64_t>(into.size(), left));
                BOOST_REQUIRE_EQUAL(
                    MemoryStore::mismatch(std::span(into).first(got), key, position), got);
                position += got;
                break;
            }
            case 2: {
                line.clear();
                const std::size_t limit = trial.one_in(4) ? trial.below(200) : SIZE_MAX / 2;
                stream.read_line(line, limit, poll);
                std::uint64_t end = position;
                while (end < size && end - position < limit)
                    if (MemoryStore::byte_of(key, end++) == std::byte{'\n'}) break;
                BOOST_REQUIRE_EQUAL(line.size(), end - position);
                BOOST_REQUIRE_EQUAL(
                    MemoryStore::mismatch(std::as_bytes(std::span(line)), key, position),
                    line.size());
                position = end;
                break;
            }
            case 3: {
                const View piece = stream.next_view(poll);
                BOOST_REQUIRE_EQUAL(piece.size() == 0, left == 0);
                BOOST_REQUIRE_LE(piece.size(), left);
                BOOST_REQUIRE_EQUAL(
                    MemoryStore::mismatch({piece.data(), piece.size()}, key, position),
                    piece.size());
                position += piece.size();
                break;
            }
            case 4:
                if (trial.one_in(3)) {
                    const View whole = stream.whole(poll);
                    BOOST_REQUIRE_EQUAL(whole.size(), size - begin);
                    BOOST_REQUIRE_EQUAL(
                        MemoryStore::mismatch({whole.data(), whole.size()}, key, begin),
                        whole.size());
                }
                break;
            default: position = begin + trial.below(size - begin + 10); stream.seek(position);
        }
        BOOST_REQUIRE_EQUAL(stream.tell(), position);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_bytes, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(any_use_of_a_stream_gives_the_bytes_of_its_object) {
    for (unsigned seed = 0; seed < 120; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            Trial trial(seed);
            const std::uint64_t chunk = KiB * (1 + trial.below(64));
            Rig rig({1 << 20, 16, 1 + static_cast<int>(trial.below(3))});
            const std::uint64_t size = trial.size(chunk);
            rig.store->put("walk", size);
            std::mt19937 faults(seed);
            rig.store->script([&](const auto&) { return sometimes_fails(faults); });
            std::optional<std::uint64_t> window;
            if (!trial.one_in(3)) window = chunk * trial.below(5);
            const auto reader = rig.reader(chunk, window, quick_retries(200));
            OpenRequest request = rig.ask("walk", !trial.one_in(3));
            request.contiguous = trial.one_in(5);
            if (trial.one_in(4) && size != 0) request.begin = trial.below(size);
            const std::uint64_t begin = request.begin;
            const auto stream = rig.open(*reader, request);
            random_walk(*stream, trial, "walk", begin, size, chunk);
            stream->close();
        }
    }
}

BOOST_AUTO_TEST_CASE(ranges_of_an_object_are_read_alone) {
    for (unsigned seed = 0; seed < 80; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            Trial trial(seed);
            const std::uint64_t chunk = KiB * (1 + trial.below(32));
            Rig rig;
            const std::uint64_t size = trial.size(chunk) + 1;
            rig.store->put("ranges", size);
            std::mt19937 faults(seed);
            rig.store->script([&](const auto&) { return sometimes_fails(faults); });
            const auto reader = rig.reader(chunk, std::nullopt, quick_retries(200));
            OpenRequest request = rig.ask("ranges", !trial.one_in(2));
            request.begin = trial.below(size);
            request.end = request.begin + 1 + trial.below(size - request.begin);
            request.contiguous = trial.one_in(2);
            const ByteRange range{request.begin, request.end};
            const auto stream = rig.open(*reader, request);
            const bool piecewise = trial.one_in(2);
            std::vector<std::byte> all;
            if (piecewise) {
                all = read_rest(*stream, 1000);
            } else {
                const View whole = stream->whole(patience());
                all.assign(whole.data(), whole.data() + whole.size());
            }
            BOOST_REQUIRE_EQUAL(all.size(), range.size());
            BOOST_REQUIRE_EQUAL(MemoryStore::mismatch(all, "ranges", range.begin), all.size());
            for (const auto& asked : rig.store->requests()) {
                if (!asked.get.range) continue;
                BOOST_REQUIRE_GE(asked.get.range->begin, range.begin);
                BOOST_REQUIRE_LE(asked.get.range->end, range.end);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(retries_ask_only_for_what_is_missing) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            Trial trial(seed);
            const std::uint64_t chunk = KiB * (1 + trial.below(64));
            Rig rig;
            const std::uint64_t size = 4 * chunk + trial.below(chunk);
            rig.store->put("retry", size);
            std::mt19937 faults(seed);
            rig.store->script([&](const auto&) { return sometimes_fails(faults); });
            const auto reader = rig.reader(chunk, std::nullopt, quick_retries(200));
            const auto stream = rig.open(*reader, rig.ask("retry", trial.one_in(2)));
            const auto all = read_rest(*stream);
            BOOST_REQUIRE_EQUAL(all.size(), size);
            BOOST_REQUIRE_EQUAL(MemoryStore::mismatch(all, "retry", 0), size);
            BOOST_REQUIRE_EQUAL(rig.engine->stats().bytes_received.load(), size);
            BOOST_TEST_REQUIRE(rig.store->wasteful() == std::vector<std::string>(),
                               boost::test_tools::per_element());
            const auto requests = rig.store->requests();
            BOOST_REQUIRE_EQUAL(rig.engine->stats().requests.load(), requests.size());
        }
    }
}

BOOST_AUTO_TEST_CASE(the_callers_memory_is_filled_in_place) {
    for (const bool known : {true, false}) {
        for (const std::uint64_t size : {0ull, 1ull, 70'000ull, 1'000'000ull}) {
            Rig rig;
            rig.store->put("into", size);
            std::vector<std::byte> memory(size + 100, std::byte{0x5a});
            const auto reader = rig.reader(64 * KiB);
            OpenRequest request = rig.ask("into", known);
            request.into = std::span(memory);
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
        request.into = std::span(memory);
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
        request.contiguous = contiguous;
        const auto stream = rig.open(*reader, request);
        const Failure failure = failure_of([&] { stream->whole(patience()); });
        BOOST_TEST((failure.error.kind == ErrorKind::range_not_satisfiable));
        stream->close();
        // A listed object that has no such bytes is none of their range's.
        OpenRequest behind = rig.ask("short", true);
        behind.begin = 200;
        behind.contiguous = contiguous;
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

BOOST_AUTO_TEST_SUITE_END()
