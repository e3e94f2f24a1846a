// What fails, and how the reader is told.
#include <algorithm>
#include <tuple>

#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(engine_errors, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(bytes_before_a_failure_are_delivered) {
    for (const bool by_pieces : {true, false}) {
        Rig rig;
        rig.store->put("object", 6 * chunk);
        rig.store->script([](const MemoryStore::Request& request) {
            Answer answer;
            if (request.get.range && request.get.range->begin == 2 * chunk) {
                answer.deliver = 1000;
                answer.cut.emplace(ErrorKind::access_denied, "no longer");
                answer.cut->status = 403;
                answer.cut->code = "AccessDenied";
                answer.cut->request_id = "REQUEST";
            }
            return answer;
        });
        const auto reader = rig.reader(chunk);
        const auto stream = rig.open(*reader, rig.ask("object"));
        std::vector<std::byte> all;
        const Failure failure = failure_of([&] {
            for (;;) {
                if (by_pieces) {
                    const View piece = stream->next_view(patience());
                    all.insert(all.end(), piece.data(), piece.data() + piece.size());
                } else {
                    std::byte one[777];
                    const std::size_t before = stream->tell();
                    try {
                        const std::size_t got = stream->read(one, patience());
                        all.insert(all.end(), one, one + got);
                    } catch (...) {
                        const std::size_t got = stream->tell() - before;
                        all.insert(all.end(), one, one + got);
                        throw;
                    }
                }
            }
        });
        BOOST_TEST(all.size() == 2 * chunk + 1000);
        BOOST_TEST(MemoryStore::mismatch(all, "object", 0) == all.size());
        BOOST_TEST((failure.error.kind == ErrorKind::access_denied));
        BOOST_TEST(failure.error.status == 403);
        BOOST_TEST(failure.error.request_id == "REQUEST");
        BOOST_TEST(failure.url == "s3://memory/object");
        BOOST_TEST((failure.range == ByteRange{2 * chunk, 3 * chunk}));
        BOOST_TEST(failure.attempts == 1);
        // It stays so.
        failure_of([&] { stream->next_view(patience()); });
        failure_of([&] { stream->whole(patience()); });
        // And what lies elsewhere can be read.
        std::vector<std::byte> into(2 * chunk);
        stream->seek(4 * chunk);
        BOOST_TEST(stream->read(into, patience()) == 2 * chunk);
        BOOST_TEST(MemoryStore::mismatch(into, "object", 4 * chunk) == 2 * chunk);
        stream->seek(0);
        BOOST_TEST(stream->read(into, patience()) == 2 * chunk);
        BOOST_TEST(MemoryStore::mismatch(into, "object", 0) == 2 * chunk);
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_begin_is_told_by_wait_ready) {
    Rig rig;
    for (const bool large : {true, false}) {
        OpenRequest request;
        request.store = rig.store;
        request.key = "absent";
        if (large) request.known = ObjectMeta{10 * chunk, "\"v0\"", 0};
        const auto reader = rig.reader(chunk);
        const auto stream = rig.open(*reader, request);
        for (int again = 0; again < 2; ++again) {
            const Failure failure = failure_of([&] { stream->wait_ready(patience()); });
            BOOST_TEST((failure.error.kind == ErrorKind::object_not_found));
            BOOST_TEST(failure.attempts == 1);
            BOOST_TEST(stream->ready());
        }
        if (!large) {
            failure_of([&] { stream->meta(patience()); });
            failure_of([&] { stream->end(patience()); });
        }
        failure_of([&] { stream->whole(patience()); });
        std::byte one[1];
        failure_of([&] { stream->read(one, patience()); });
        std::string line;
        failure_of([&] { stream->read_line(line, 10, patience()); });
        stream->seek(5);
        failure_of([&] { stream->next_view(patience()); });
        stream->seek(50 * chunk);
        if (!large) failure_of([&] { stream->next_view(patience()); });
    }
}

BOOST_AUTO_TEST_CASE(an_object_that_changes_between_chunks_is_never_mixed) {
    for (const std::uint64_t new_size : {6 * chunk, 2 * chunk, 9 * chunk}) {
        for (const bool known : {true, false}) {
            Rig rig;
            rig.store->put("object", 6 * chunk);
            const auto reader = rig.reader(chunk, 0);
            const auto stream = rig.open(*reader, rig.ask("object", known));
            std::vector<std::byte> all(2 * chunk);
            BOOST_REQUIRE_EQUAL(stream->read(all, patience()), all.size());
            rig.store->put("object", new_size);
            const Failure failure = failure_of([&] { read_rest(*stream); });
            BOOST_TEST((failure.error.kind == ErrorKind::object_changed));
            BOOST_TEST(stream->tell() == 2 * chunk);
            BOOST_TEST(MemoryStore::mismatch(all, "object", 0, 0) == all.size());
            failure_of([&] { stream->whole(patience()); });
        }
    }
}

BOOST_AUTO_TEST_CASE(a_change_during_a_chunk_is_found_by_its_retry) {
    for (const bool known : {true, false}) {
        Rig rig;
        rig.store->put("object", chunk);
        const auto gate = std::make_shared<Gate>();
        const auto reader = rig.reader(chunk);
        rig.store->script([&](const MemoryStore::Request& request) {
            Answer answer;
            if (request.number == 0) {
                answer.deliver = 1000;
                answer.before_rest = gate;
                answer.cut.emplace(ErrorKind::connection, "reset");
            }
            return answer;
        });
        const auto stream = rig.open(*reader, rig.ask("object", known));
        BOOST_REQUIRE(gate->wait_for(1));
        rig.store->put("object", chunk);
        gate->open();
        std::vector<std::byte> into(chunk);
        if (known) {
            const Failure failure = failure_of([&] { stream->read(into, patience()); });
            BOOST_TEST((failure.error.kind == ErrorKind::object_changed));
            BOOST_TEST(failure.attempts == 3);  // reset; told; told again, and confirmed
            BOOST_TEST(MemoryStore::mismatch(std::span(into).first(stream->tell()), "object", 0,
                                             0) == stream->tell());
        } else {
            // Nobody has had a byte of the one before: all of it is the other.
            BOOST_TEST(stream->read(into, patience()) == chunk);
            BOOST_TEST(MemoryStore::mismatch(into, "object", 0, 1) == chunk);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_answer_of_another_version_is_never_taken) {
    for (int lie = 0; lie < 2; ++lie) {
        Rig rig;
        rig.store->put("object", 4 * chunk);
        rig.store->script([lie](const MemoryStore::Request& request) {
            Answer answer;
            if (request.get.range && request.get.range->begin == 2 * chunk) {
                if (lie == 0) answer.claimed_etag = "\"other\"";
                if (lie == 1) answer.claimed_size = 4 * chunk + 1;
            }
            return answer;
        });
        const auto reader = rig.reader(chunk);
        const auto stream = rig.open(*reader, rig.ask("object"));
        std::vector<std::byte> into(2 * chunk);
        BOOST_REQUIRE_EQUAL(stream->read(into, patience()), into.size());
        // HEAD knows of no change, so it is the answers that are wrong.
        const Failure failure = failure_of([&] { read_rest(*stream); });
        BOOST_TEST((failure.error.kind == ErrorKind::bad_response));
    }
}

BOOST_AUTO_TEST_CASE(an_object_listed_with_another_size_is_refused) {
    Rig rig;
    rig.store->put("object", 1000);
    const auto reader = rig.reader(chunk);
    for (const std::uint64_t listed : {999ull, 1001ull, 100'000ull}) {
        OpenRequest request = rig.ask("object");
        request.known = ObjectMeta{listed, "", 0};  // and no ETag
        const auto stream = rig.open(*reader, request);
        const Failure failure = failure_of([&] { stream->wait_ready(patience()); });
        BOOST_TEST((failure.error.kind == ErrorKind::object_changed));
    }
}

BOOST_AUTO_TEST_CASE(an_answer_with_other_bytes_than_asked_for_is_refused) {
    for (const std::int64_t shift : {-1, 1, 5000}) {
        Rig rig;
        rig.store->put("object", 4 * chunk);
        rig.store->script([shift](const MemoryStore::Request& request) {
            Answer answer;
            if (request.get.range && request.get.range->begin == 2 * chunk) answer.shift = shift;
            return answer;
        });
        const auto reader = rig.reader(chunk);
        const auto stream = rig.open(*reader, rig.ask("object"));
        std::vector<std::byte> into(2 * chunk);
        BOOST_REQUIRE_EQUAL(stream->read(into, patience()), into.size());
        const Failure failure = failure_of([&] { read_rest(*stream); });
        BOOST_TEST((failure.error.kind == ErrorKind::bad_response));
    }
}

BOOST_AUTO_TEST_CASE(retries_end) {
    Rig rig;
    rig.store->put("object", 3 * chunk);
    rig.store->script([](const MemoryStore::Request& request) {
        return request.get.range && request.get.range->begin == chunk
                   ? refusal(ErrorKind::server, "broken")
                   : Answer{};
    });
    const auto reader = rig.reader(chunk, std::nullopt, quick_retries(4));
    const auto stream = rig.open(*reader, rig.ask("object"));
    const Failure failure = failure_of([&] { stream->whole(patience()); });
    BOOST_TEST((failure.error.kind == ErrorKind::server));
    BOOST_TEST(failure.attempts == 4);
    BOOST_TEST(failure.elapsed_s >= 0);
    BOOST_TEST(rig.engine->stats().retries.load() == 3u);
}

BOOST_AUTO_TEST_CASE(a_failure_after_the_last_byte_is_none) {
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1000}, 3 * chunk}) {
        for (const bool known : {true, false}) {
            Rig rig;
            rig.store->put("object", size);
            rig.store->script([](const auto&) {
                Answer answer;
                answer.deliver = 1 << 20;
                answer.cut.emplace(ErrorKind::connection, "reset");
                return answer;
            });
            const auto reader = rig.reader(chunk, std::nullopt, quick_retries(1));
            const auto all = read_rest(*rig.open(*reader, rig.ask("object", known)));
            BOOST_TEST(all.size() == size);
            BOOST_TEST(MemoryStore::mismatch(all, "object", 0) == size);
        }
    }
}

BOOST_AUTO_TEST_CASE(progress_starts_the_count_of_attempts_anew) {
    // So many bytes of each attempt are progress of an object of so many; and so many are none.
    for (const auto& [each, size, enough] : {std::tuple{64 * KiB, 20 * 64 * KiB, true},
                                             {64 * KiB - 1, 20 * 64 * KiB, false},
                                             {2 * KiB, 32 * KiB, true},
                                             {2 * KiB - 1, 32 * KiB, false}}) {
        Rig rig;
        rig.store->put("object", size);
        rig.store->script([deliver = each](const MemoryStore::Request&) {
            Answer answer;
            answer.deliver = deliver;
            answer.stop = true;
            return answer;
        });
        const auto reader = rig.reader(ReadRules::uncut, std::nullopt, quick_retries(2));
        const auto stream = rig.open(*reader, rig.ask("object"));
        if (enough) {
            const auto all = read_rest(*stream);
            BOOST_TEST(MemoryStore::mismatch(all, "object", 0) == size);
            BOOST_TEST(rig.store->requests().size() == size / each);
            BOOST_TEST(rig.store->wasteful().empty());
        } else {
            // A little now and then is none.
            BOOST_TEST(failure_of([&] { read_rest(*stream); }).attempts == 2);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
