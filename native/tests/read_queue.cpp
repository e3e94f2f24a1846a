// The meeting place of network and reader, without either.
#include <boost/test/unit_test.hpp>
#include <random>
#include <sstream>

#include "core/engine/read/chunk_queue.hpp"

using namespace s3pipes;

namespace {

constexpr std::uint64_t MiB = 1 << 20;

// A queue with both its ends, and an arena for what comes.
struct Meeting {
    std::shared_ptr<Arena> arena = std::make_shared<Arena>(256 * MiB);
    ChunkQueue queue;
    ChunkQueue::ReadEnd reading{queue};
    ChunkQueue::FillEnd filling{queue};

    explicit Meeting(ChunkQueue::Wish wish, Destination destination = Destination::chunks())
        : queue(std::move(wish), std::move(destination)) {}

    static ChunkQueue::Wish listed(std::uint64_t size) {
        ChunkQueue::Wish wish;
        wish.known = ObjectMeta{size, "\"v0\"", 0};
        return wish;
    }

    std::shared_ptr<Chunk> start(std::uint64_t largest = MiB, std::uint64_t guess = MiB) {
        const auto range = filling.next(largest, guess);
        if (!range) return nullptr;
        Charge charge;
        if (!queue.is_one_piece())
            charge = std::move(*arena->try_charge(Arena::rounded(range->size())));
        return filling.start(*range, std::move(charge), range->size());
    }

    void bring(const std::shared_ptr<Chunk>& chunk) {
        filling.place(*chunk, *arena);
        chunk->filled = chunk->range.size();
        filling.finish(*chunk, nullptr);
    }

    void fail(const std::shared_ptr<Chunk>& chunk, std::uint64_t after) {
        filling.place(*chunk, *arena);
        chunk->filled = after;
        filling.finish(*chunk, std::make_unique<const Failure>(Error(ErrorKind::server, "no"),
                                                               "s3://b/k", chunk->range, 1, 0));
    }

    std::string text() const {
        std::ostringstream out;
        out << queue;
        return out.str();
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(read_queue)

BOOST_AUTO_TEST_CASE(ranges_are_asked_for_in_order_and_no_byte_twice) {
    Meeting meeting(Meeting::listed(5 * MiB / 2));
    std::uint64_t at = 0;
    while (const auto chunk = meeting.start()) {
        BOOST_TEST(chunk->range.begin == at);
        at = chunk->range.end;
    }
    BOOST_TEST(at == 5 * MiB / 2);
    BOOST_TEST(meeting.queue.outstanding_bytes() == 5 * MiB / 2);
    BOOST_TEST(meeting.queue.running() == 3u);
    BOOST_TEST(meeting.text() ==
               "bytes [0, 2621440) at 0, next 2621440: 0+0/1048576 running 1048576+0/1048576 "
               "running 2097152+0/524288 running");
}

BOOST_AUTO_TEST_CASE(an_unknown_object_is_asked_for_by_one_guess_at_first) {
    Meeting meeting(ChunkQueue::Wish{});
    const auto first = meeting.start(8 * MiB, 2 * MiB);
    BOOST_TEST((first->range == ByteRange{0, 2 * MiB}));
    BOOST_TEST(!meeting.start());  // not before its size is known
    BOOST_TEST(meeting.filling.learn({10 * MiB, "\"v0\"", 0}));
    meeting.filling.place(*first, *meeting.arena);
    BOOST_TEST((meeting.start(8 * MiB)->range == ByteRange{2 * MiB, 10 * MiB}));
    // Of another size it is another object.
    BOOST_CHECK_THROW(meeting.filling.learn({11 * MiB, "\"v0\"", 0}), Error);
    BOOST_CHECK_THROW(meeting.filling.learn({10 * MiB, "\"v1\"", 0}), Error);
}

BOOST_AUTO_TEST_CASE(the_head_cuts_what_was_asked_for_to_what_exists) {
    Meeting meeting(ChunkQueue::Wish{});
    const auto chunk = meeting.start(8 * MiB, 8 * MiB);
    meeting.filling.learn({1000, "", 0});
    meeting.filling.place(*chunk, *meeting.arena);
    BOOST_TEST(chunk->memory.size() == 1000u);
    BOOST_TEST(meeting.queue.outstanding_bytes() == 1000u);
    BOOST_TEST(meeting.arena->charged() == Arena::rounded(1000));
    BOOST_TEST(!meeting.queue.ready());  // a small object is ready as a whole
    chunk->filled = 1000;
    meeting.filling.finish(*chunk, nullptr);
    BOOST_TEST(meeting.queue.ready());
    meeting.reading.claim();
    BOOST_TEST(meeting.arena->charged() == 0u);
    BOOST_TEST(meeting.queue.outstanding_bytes() == 0u);
    BOOST_TEST(meeting.queue.delivered_bytes() == 1000u);
}

BOOST_AUTO_TEST_CASE(a_seek_gives_up_what_it_leaves) {
    Meeting meeting(Meeting::listed(100 * MiB));
    const auto first = meeting.start(), second = meeting.start();
    meeting.reading.seek(MiB + 5);  // within what is fetched
    BOOST_TEST(!first->given_up);
    meeting.reading.seek(50 * MiB);
    BOOST_TEST(first->given_up);
    BOOST_TEST(second->given_up);
    BOOST_TEST(meeting.filling.take_given_up().size() == 2u);
    BOOST_TEST(meeting.filling.take_given_up().empty());
    BOOST_TEST(meeting.queue.running() == 2u);  // until their tasks end
    BOOST_TEST(meeting.queue.outstanding_bytes() == 0u);
    // Small steps, until reading goes on.
    BOOST_TEST(!meeting.filling.reads_ahead());
    std::vector<std::uint64_t> steps;
    for (int i = 0; i < 4; ++i) {
        meeting.reading.want(1);
        const auto chunk = meeting.start(8 * MiB);
        steps.push_back(chunk->range.size());
        meeting.bring(chunk);
        meeting.reading.consume(chunk->range.size());
    }
    BOOST_TEST(steps == (std::vector<std::uint64_t>{MiB / 8, MiB / 2, 2 * MiB, 8 * MiB}),
               boost::test_tools::per_element());
    BOOST_TEST(meeting.filling.reads_ahead());
    meeting.filling.finish(*first, nullptr);
    meeting.filling.finish(*second, nullptr);
    BOOST_TEST(meeting.queue.running() == 0u);
}

// A column of a Parquet file is one read, in several chunks; the next one is elsewhere.
BOOST_AUTO_TEST_CASE(one_long_read_does_not_say_that_reading_goes_on) {
    Meeting meeting(Meeting::listed(100 * MiB));
    for (const std::uint64_t column : {10 * MiB, 50 * MiB, 70 * MiB, 30 * MiB}) {
        meeting.reading.seek(column);
        for (std::uint64_t left = 5 * MiB; left != 0; left -= MiB) {
            meeting.reading.want(left);
            const auto chunk = meeting.start(MiB);
            BOOST_TEST(chunk->range.size() == MiB);
            meeting.bring(chunk);
            meeting.reading.consume(MiB);
        }
        BOOST_TEST(!meeting.filling.reads_ahead());
    }
    // But several do that follow one another, and soon the rest is fetched ahead of them.
    for (int i = 0; i < 2; ++i) {
        meeting.reading.want(MiB);
        const auto chunk = meeting.start(MiB);
        meeting.bring(chunk);
        meeting.reading.consume(MiB);
    }
    BOOST_TEST(meeting.filling.reads_ahead());
}

// To call off a request costs its connection, and the next one the time to make another.
BOOST_AUTO_TEST_CASE(a_seek_lets_a_request_end_that_is_nearly_done) {
    for (const bool nearly : {true, false}) {
        Meeting meeting(Meeting::listed(100 * MiB));
        const auto chunk = meeting.start();
        meeting.filling.place(*chunk, *meeting.arena);
        chunk->filled = nearly ? MiB - 1000 : 1000;
        meeting.reading.seek(50 * MiB);
        BOOST_TEST(chunk->given_up);
        BOOST_TEST(chunk->spared == nearly);
        meeting.filling.finish(*chunk, nullptr);
        BOOST_TEST(meeting.arena->charged() == 0u);
    }
}

BOOST_AUTO_TEST_CASE(a_glance_asks_for_little_until_more_is_wanted) {
    ChunkQueue::Wish wish = Meeting::listed(100 * MiB);
    wish.glance = true;
    Meeting meeting(wish);
    BOOST_TEST(meeting.filling.reads_ahead());
    BOOST_TEST(meeting.start(8 * MiB)->range.size() == MiB / 8);
    BOOST_TEST(!meeting.filling.reads_ahead());
    meeting.reading.want(3 * MiB);
    BOOST_TEST(meeting.filling.reads_ahead());
    BOOST_TEST(meeting.start(8 * MiB)->range.size() == 3 * MiB - MiB / 8);
    BOOST_TEST(!meeting.filling.reads_ahead());
    meeting.reading.read_on();
    BOOST_TEST(meeting.filling.reads_ahead());
    BOOST_TEST(meeting.start(8 * MiB)->range.size() == 8 * MiB);
}

BOOST_AUTO_TEST_CASE(what_is_needed_last_is_given_up_first_and_asked_for_again) {
    Meeting meeting(Meeting::listed(3 * MiB));
    const auto first = meeting.start(), second = meeting.start(), third = meeting.start();
    meeting.bring(first);
    meeting.reading.consume(10);
    meeting.filling.give_up_last();
    BOOST_TEST(third->given_up);
    BOOST_TEST(!second->given_up);
    BOOST_TEST((meeting.filling.next(MiB, MiB) == ByteRange{2 * MiB, 3 * MiB}));
    meeting.filling.give_up_last();
    meeting.filling.give_up_last();
    BOOST_TEST(!meeting.filling.holds_memory());
    BOOST_TEST(meeting.queue.starves());
    BOOST_TEST((meeting.filling.next(MiB, MiB) == ByteRange{10, 10 + MiB}));
}

BOOST_AUTO_TEST_CASE(one_failure_settles_a_whole_object_and_all_its_bytes_do) {
    for (const bool fails : {true, false}) {
        Meeting meeting(Meeting::listed(3 * MiB), Destination::one_piece());
        meeting.reading.want_all();
        const auto first = meeting.start(), second = meeting.start(), third = meeting.start();
        BOOST_TEST(!meeting.queue.settled());
        if (fails) {
            meeting.fail(third, 5);
            BOOST_TEST(meeting.queue.settled());
            BOOST_TEST(meeting.queue.first_failure()->range.begin == 2 * MiB);
            meeting.reading.abandon();
            BOOST_TEST(first->given_up);
            BOOST_TEST(second->given_up);
            BOOST_TEST(meeting.queue.first_failure() == nullptr);
        } else {
            for (const auto& chunk : {third, first, second}) {
                BOOST_TEST(!meeting.queue.complete());
                meeting.bring(chunk);
            }
            BOOST_TEST(meeting.queue.complete());
            BOOST_TEST(meeting.reading.all().size() == 3 * MiB);
            BOOST_TEST(meeting.queue.outstanding_bytes() == 0u);
        }
    }
}

BOOST_AUTO_TEST_CASE(memory_lives_as_long_as_any_view_of_it) {
    View kept;
    {
        Meeting meeting(Meeting::listed(2 * MiB), Destination::one_piece());
        const auto first = meeting.start();
        meeting.bring(first);
        std::fill_n(first->memory.data(), first->memory.size(), std::byte{7});
        kept = first->memory.part(10, 100);
        meeting.reading.abandon();
        meeting.reading.close();
        // Another piece does not take its place.
        const auto other = meeting.arena->take_outside(2 * MiB);
        BOOST_TEST(other->data() + 10 != kept.data());
    }
    for (const std::byte byte : kept.bytes()) BOOST_TEST_REQUIRE((byte == std::byte{7}));
    BOOST_CHECK_THROW(View(kept.owner(), 0, kept.owner()->capacity() + 1), std::out_of_range);
    BOOST_CHECK_THROW(View(nullptr, 0, 0), std::out_of_range);
    BOOST_CHECK_THROW(kept.part(1, 100), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(the_users_memory_is_written_to_once) {
    std::vector<std::byte> memory(3 * MiB);
    Meeting meeting(Meeting::listed(3 * MiB), Destination::into(Buffer::around(memory)));
    meeting.reading.want_all();
    const auto chunk = meeting.start();
    meeting.filling.place(*chunk, *meeting.arena);
    BOOST_TEST(chunk->memory.data() == memory.data());
    meeting.reading.abandon();  // its task may still write: nobody else may from now on
    BOOST_TEST(meeting.queue.closed());
    BOOST_TEST(!meeting.start());
    Meeting small(Meeting::listed(3 * MiB + 1), Destination::into(Buffer::around(memory)));
    BOOST_CHECK_THROW(small.filling.check_fits(), Error);
}

BOOST_AUTO_TEST_SUITE_END()
