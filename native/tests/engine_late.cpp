// Late answers: a second request beside them, or another attempt.
#include <atomic>

#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

// Of a store whose answers come at once, so that a late one is seen to be late.
struct UsedRig : Rig {
    explicit UsedRig(std::uint64_t size = 20'000) {
        const auto keys = put_many(*store, 64, 30'000);
        const auto some = reader(ReadRules::uncut);
        for (const auto& key : keys) {
            const auto stream = open(*some, ask(key));
            BOOST_REQUIRE(read_rest(*stream).size() == store->meta(key).size);
        }
        store->put("late", size);
    }

    // Only of "late".
    void script_late(std::function<Answer(int)> script) {
        store->script([script](const MemoryStore::Request& request) {
            return request.get.key == "late" ? script(request.of_key) : Answer{};
        });
    }

    std::vector<MemoryStore::Request> asked_late() {
        std::vector<MemoryStore::Request> found;
        for (const auto& request : store->requests())
            if (request.get.key == "late") found.push_back(request);
        return found;
    }
};

Answer silent() {
    Answer answer;
    answer.before_head = std::make_shared<Gate>();
    return answer;
}

Answer stands_still_after(std::uint64_t bytes) {
    Answer answer;
    answer.deliver = bytes;
    answer.before_rest = std::make_shared<Gate>();
    return answer;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_late, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(a_second_request_takes_the_place_of_one_that_is_silent) {
    UsedRig rig;
    rig.script_late([](int number) { return number == 0 ? silent() : Answer{}; });
    const auto reader = rig.reader(ReadRules::uncut);
    const auto stream = rig.open(*reader, rig.ask("late"));
    BOOST_TEST(wrong_with(*stream, "late", 20'000) == "");
    BOOST_TEST(rig.asked_late().size() == 2u);
    BOOST_TEST(rig.engine->stats().hedges.load() == 1u);
    BOOST_TEST(rig.engine->stats().hedges_won.load() == 1u);
    BOOST_TEST(rig.engine->stats().retries.load() == 0u);
}

// From a near store little is asked for ahead; but not while something late holds up its reader.
BOOST_AUTO_TEST_CASE(what_is_late_does_not_stop_the_others_of_a_near_store) {
    constexpr int others = 200;
    UsedRig rig;
    const auto gate = std::make_shared<Gate>();
    std::vector<std::string> keys;
    for (int i = 0; i < others; ++i) {
        keys.push_back("behind-" + std::to_string(i));
        rig.store->put(keys.back(), 100'000);
    }
    std::atomic<int> asked{0};
    rig.store->script([&](const MemoryStore::Request& request) {
        Answer answer;
        if (request.get.key == "late")
            answer.before_head = gate;
        else if (++asked == others)
            gate->open();
        return answer;
    });
    const auto reader = std::make_shared<Reader>(
        rig.engine, ReadRules{std::nullopt, std::nullopt, {}, quick_retries()});
    const auto late = reader->open(rig.ask("late"));
    std::vector<std::shared_ptr<Cursor>> behind;
    for (const auto& key : keys) behind.push_back(reader->open(rig.ask(key)));
    reader->start();
    BOOST_TEST(wrong_with(*late, "late", 20'000) == "");
    BOOST_TEST(asked == others);
    for (std::size_t i = 0; i < keys.size(); ++i)
        BOOST_TEST(wrong_with(*behind[i], keys[i], 100'000) == "");
}

// The store has not even a connection for it yet: there is nothing to cut, and the attempt is
// cancelled.
BOOST_AUTO_TEST_CASE(another_attempt_takes_the_place_of_two_that_are_silent) {
    for (const bool known : {true, false})
        for (const std::string how : {"read", "next_view", "whole", "read_into"}) {
            UsedRig rig;
            rig.script_late([](int number) { return number < 2 ? silent() : Answer{}; });
            const auto reader = rig.reader(ReadRules::uncut);
            auto request = rig.ask("late", known);
            std::vector<std::byte> into(20'000);
            if (how == "read_into") request.destination = Destination::into(Buffer::around(into));
            const auto stream = rig.open(*reader, request);
            if (how == "read") {
                BOOST_TEST(wrong_with(*stream, "late", 20'000) == "");
            } else {
                const View all =
                    how == "next_view" ? stream->next_view(patience()) : stream->whole(patience());
                BOOST_TEST(all.size() == 20'000u);
                BOOST_TEST(MemoryStore::mismatch({all.data(), all.size()}, "late", 0) ==
                           all.size());
            }
            BOOST_TEST(rig.asked_late().size() == 3u);
            BOOST_TEST(rig.engine->stats().replaced.load() == 1u);
            stream->close(true);
        }
}

BOOST_AUTO_TEST_CASE(the_first_may_come_before_the_second) {
    UsedRig rig;
    const auto first = std::make_shared<Gate>(), second = std::make_shared<Gate>();
    rig.script_late([=](int number) {
        Answer answer;
        answer.before_head = number == 0 ? first : second;
        return answer;
    });
    const auto reader = rig.reader(ReadRules::uncut);
    const auto stream = rig.open(*reader, rig.ask("late"));
    BOOST_REQUIRE(second->wait_for(1));
    first->open();
    BOOST_TEST(wrong_with(*stream, "late", 20'000) == "");
    BOOST_TEST(rig.settled());  // the second, which nobody lets through, has been called off
    BOOST_TEST(rig.engine->stats().hedges.load() == 1u);
    BOOST_TEST(rig.engine->stats().hedges_won.load() == 0u);
}

BOOST_AUTO_TEST_CASE(a_body_that_stands_still_is_gone_on_with_by_another_request) {
    UsedRig rig(300'000);
    rig.script_late([](int number) { return number == 0 ? stands_still_after(70'000) : Answer{}; });
    const auto reader = rig.reader(ReadRules::uncut);
    const auto stream = rig.open(*reader, rig.ask("late"));
    BOOST_TEST(wrong_with(*stream, "late", 300'000) == "");
    const auto asked = rig.asked_late();
    BOOST_REQUIRE(asked.size() == 2u);
    BOOST_TEST(asked[1].get.range->begin == 70'000u);
    BOOST_TEST(asked[1].get.if_match == rig.store->meta("late").etag);
    BOOST_TEST(rig.engine->stats().hedges_won.load() == 1u);
}

BOOST_AUTO_TEST_CASE(a_second_that_fails_leaves_the_first_in_peace) {
    UsedRig rig;
    const auto first = std::make_shared<Gate>();
    std::atomic<bool> refused{false};
    rig.script_late([&, first](int number) {
        if (number == 0) {
            Answer answer;
            answer.before_head = first;
            return answer;
        }
        refused = true;
        return refusal(ErrorKind::server);
    });
    const auto reader = rig.reader(ReadRules::uncut);
    const auto stream = rig.open(*reader, rig.ask("late"));
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!refused && std::chrono::steady_clock::now() < until) rig.round();
    BOOST_REQUIRE(refused);
    first->open();
    BOOST_TEST(wrong_with(*stream, "late", 20'000) == "");
    BOOST_TEST(rig.engine->stats().retries.load() == 0u);
}

BOOST_AUTO_TEST_CASE(who_takes_over_and_fails_is_followed_by_another_attempt) {
    UsedRig rig(300'000);
    rig.script_late([](int number) {
        if (number == 0) return silent();
        Answer answer;
        if (number == 1) {
            answer.deliver = 100'000;
            answer.cut.emplace(ErrorKind::connection, "reset");
        }
        return answer;
    });
    const auto reader = rig.reader(ReadRules::uncut);
    const auto stream = rig.open(*reader, rig.ask("late"));
    BOOST_TEST(wrong_with(*stream, "late", 300'000) == "");
    const auto asked = rig.asked_late();
    BOOST_REQUIRE(asked.size() == 3u);
    BOOST_TEST(asked[2].get.range->begin == 100'000u);
    BOOST_TEST(rig.engine->stats().retries.load() == 1u);
}

BOOST_AUTO_TEST_CASE(where_both_stand_still_a_new_attempt_is_made) {
    UsedRig rig(300'000);
    rig.script_late([](int number) {
        if (number == 0) return silent();
        return number == 1 ? stands_still_after(10'000) : Answer{};
    });
    const auto reader = rig.reader(ReadRules::uncut);
    const auto stream = rig.open(*reader, rig.ask("late"));
    BOOST_TEST(wrong_with(*stream, "late", 300'000) == "");
    BOOST_TEST(rig.asked_late().size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_reader_that_goes_away_ends_both) {
    UsedRig rig;
    const auto second = std::make_shared<Gate>();
    rig.script_late([second](int number) {
        if (number == 0) return silent();
        Answer answer;
        answer.before_head = second;
        return answer;
    });
    const auto reader = rig.reader(ReadRules::uncut);
    const auto stream = rig.open(*reader, rig.ask("late"));
    BOOST_REQUIRE(second->wait_for(1));
    stream->close(true);
}

BOOST_AUTO_TEST_CASE(one_wrong_answer_is_not_final) {
    for (const auto kind : {ErrorKind::bad_response, ErrorKind::not_s3}) {
        Rig rig;
        rig.store->put("key", 100'000);
        rig.store->script([kind](const MemoryStore::Request& request) {
            return request.number < 2 ? refusal(kind) : Answer{};
        });
        const auto reader = rig.reader(ReadRules::uncut);
        const auto stream = rig.open(*reader, rig.ask("key"));
        BOOST_TEST(wrong_with(*stream, "key", 100'000) == "");
    }
}

BOOST_AUTO_TEST_CASE(what_is_always_wrong_is_told_after_four_attempts) {
    Rig rig;
    rig.store->put("key", 100'000);
    rig.store->script([](const auto&) { return refusal(ErrorKind::not_s3); });
    const auto reader = rig.reader(ReadRules::uncut);
    const auto stream = rig.open(*reader, rig.ask("key"));
    const Failure failure = failure_of([&] { read_rest(*stream); });
    BOOST_TEST((failure.error.kind == ErrorKind::not_s3));
    BOOST_TEST(failure.attempts == 4);
}

BOOST_AUTO_TEST_CASE(other_failures_do_not_count_as_wrong_answers) {
    Rig rig;
    rig.store->put("key", 100'000);
    rig.store->script([](const MemoryStore::Request& request) {
        if (request.number == 7) return Answer{};
        return refusal(request.number % 4 == 3 ? ErrorKind::connection : ErrorKind::bad_response);
    });
    const auto reader = rig.reader(ReadRules::uncut);
    const auto stream = rig.open(*reader, rig.ask("key"));
    BOOST_TEST(wrong_with(*stream, "key", 100'000) == "");
    BOOST_TEST(rig.store->requests().size() == 8u);
}

// Near stores get few requests at once, and each of these fails once.
BOOST_AUTO_TEST_CASE(who_waits_before_another_attempt_holds_no_place) {
    Rig rig({.max_requests = 4});
    const auto keys = put_many(*rig.store, 40, 1000);
    rig.store->script([](const MemoryStore::Request& request) {
        return request.of_key == 0 ? refusal(ErrorKind::server) : Answer{};
    });
    using std::chrono::milliseconds;
    const auto reader = rig.reader(
        ReadRules::uncut, std::nullopt,
        {3, milliseconds(30'000), milliseconds(30'000), milliseconds(1), milliseconds(60'000)});
    std::vector<std::shared_ptr<Cursor>> streams;
    for (const auto& key : keys) streams.push_back(reader->open(rig.ask(key)));
    reader->start();
    // All are asked for, while the first ones wait for half a minute.
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (rig.store->requests().size() < keys.size() && std::chrono::steady_clock::now() < until)
        rig.round();
    BOOST_TEST(rig.store->requests().size() >= keys.size());
    BOOST_TEST(rig.store->most_running() <= 4);
    for (const auto& stream : streams) stream->close(true);
}

BOOST_AUTO_TEST_CASE(a_change_that_nobody_confirms_is_none) {
    for (const bool size : {false, true}) {
        Rig rig;
        rig.store->put("key", 100'000);
        rig.store->script([size](const MemoryStore::Request& request) {
            Answer answer;
            if (request.number >= 2) return answer;  // the same lie twice
            if (size) answer.claimed_size = 99'999;
            if (!size) answer.claimed_etag = "\"another\"";
            return answer;
        });
        const auto reader = rig.reader(ReadRules::uncut);
        const auto stream = rig.open(*reader, rig.ask("key"));
        BOOST_TEST(wrong_with(*stream, "key", 100'000) == "");
        BOOST_TEST(rig.store->requests().size() == 3u);
    }
}

BOOST_AUTO_TEST_CASE(a_change_is_told_when_it_is_confirmed) {
    Rig rig;
    rig.store->put("key", 4 * chunk);
    const auto request = rig.ask("key");
    rig.store->put("key", 4 * chunk);  // another version
    const auto reader = rig.reader(chunk);
    const auto stream = rig.open(*reader, request);
    const Failure failure = failure_of([&] { read_rest(*stream); });
    BOOST_TEST((failure.error.kind == ErrorKind::object_changed));
    BOOST_TEST(failure.attempts == 2);
}

BOOST_AUTO_TEST_CASE(a_size_that_was_told_too_large_ends_where_the_object_does) {
    Rig rig;
    rig.store->put("key", 2 * chunk);
    rig.store->script([](const MemoryStore::Request& request) {
        Answer answer;
        if (request.number == 0) answer.claimed_size = 2 * chunk + 7;
        return answer;
    });
    const auto reader = rig.reader(chunk);
    const auto stream = rig.open(*reader, rig.ask("key", false));
    BOOST_TEST(wrong_with(*stream, "key", 2 * chunk) == "");
    BOOST_TEST(stream->next_view(patience()).empty());
}

BOOST_AUTO_TEST_CASE(what_the_first_answer_told_wrong_is_corrected_before_anybody_reads) {
    for (const bool size : {false, true}) {
        Rig rig;
        rig.store->put("key", 6 * chunk + 5);
        rig.store->script([size](const MemoryStore::Request& request) {
            Answer answer;
            if (request.number != 0) return answer;
            if (size) answer.claimed_size = 6 * chunk + 17;
            if (!size) answer.claimed_etag = "\"another\"";
            return answer;
        });
        const auto reader = rig.reader(chunk);
        const auto stream = rig.open(*reader, rig.ask("key", false));
        const View all = stream->whole(patience());
        BOOST_TEST(all.size() == 6 * chunk + 5);
        BOOST_TEST(MemoryStore::mismatch(all.bytes(), "key", 0) == all.size());
    }
}

BOOST_AUTO_TEST_SUITE_END()
