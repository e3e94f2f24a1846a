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
                    const auto at_hand = stream.whole_at_hand();
                    const View whole = at_hand ? *at_hand : stream.whole(poll);
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
            request.destination = one_piece_if(trial.one_in(5));
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
            request.destination = one_piece_if(trial.one_in(2));
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

BOOST_AUTO_TEST_CASE(a_small_object_that_is_here_is_taken_without_a_wait) {
    Rig rig;
    rig.store->put("small", chunk);
    rig.store->put("large", chunk + 1);
    rig.store->put("empty", 0);
    const auto reader = rig.reader(chunk);
    const auto small = reader->open(rig.ask("small"));
    BOOST_TEST(!small->whole_at_hand());  // nothing was asked for
    reader->start();
    small->wait_ready(patience());
    BOOST_TEST(rig.engine->arena().charged() == 0u);  // the user's
    small->seek(chunk);
    const auto all = small->whole_at_hand();
    BOOST_TEST_REQUIRE(all.has_value());
    BOOST_TEST(MemoryStore::mismatch(*all, "small", 0) == chunk);
    BOOST_TEST(small->tell() == chunk);
    BOOST_TEST(rig.open(*reader, rig.ask("empty"))->whole_at_hand()->empty());
    const auto large = rig.open(*reader, rig.ask("large"));
    read_rest(*large);
    BOOST_TEST(!large->whole_at_hand());
    small->close();
    BOOST_TEST(!small->whole_at_hand());
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

BOOST_AUTO_TEST_SUITE_END()
