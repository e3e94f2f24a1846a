// The two ways of being told of readiness: any object that is, and a descriptor.
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

struct EventFd {
    int descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ~EventFd() { ::close(descriptor); }
    bool wait() const {
        pollfd asked{descriptor, POLLIN, 0};
        return ::poll(&asked, 1, 30'000) == 1;
    }
    std::uint64_t count() const {
        std::uint64_t value = 0;
        return ::read(descriptor, &value, sizeof value) == sizeof value ? value : 0;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_told, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(next_ready_gives_each_stream_once_failures_too) {
    for (const int loops : {1, 2, 3}) {
        Rig rig({16 << 20, 8, loops});
        std::mt19937 random(3);
        std::vector<std::shared_ptr<Cursor>> streams;
        const auto reader = rig.unordered(chunk, 1 << 20);
        for (std::uint64_t i = 0; i < 200; ++i) {
            OpenRequest request;
            request.store = rig.store;
            request.key = "object-" + std::to_string(i);
            if (i % 5 != 0) {
                rig.store->put(request.key, i % 7 == 0 ? 0 : random() % (3 * chunk));
                if (i % 2 == 0) request.known = rig.store->meta(request.key);
            }
            request.tag = i;
            request.destination = one_piece_if(i % 11 == 0);
            streams.push_back(reader->open(std::move(request)));
        }
        reader->start();
        std::vector<int> seen(200);
        for (int i = 0; i < 200; ++i) {
            const std::uint64_t tag = reader->next_ready(patience());
            ++seen[tag];
            if (tag % 5 == 0) {
                failure_of([&] { streams[tag]->wait_ready([] { BOOST_FAIL("not ready"); }); });
            } else {
                const std::string key = "object-" + std::to_string(tag);
                const auto all = read_rest(*streams[tag]);
                BOOST_REQUIRE_EQUAL(all.size(), rig.store->meta(key).size);
                BOOST_REQUIRE_EQUAL(MemoryStore::mismatch(all, key, 0), all.size());
            }
            streams[tag]->close();
        }
        BOOST_TEST(std::count(seen.begin(), seen.end(), 1) == 200);
    }
}

BOOST_AUTO_TEST_CASE(next_ready_gives_the_first_that_is) {
    Rig rig;
    const auto reader = rig.unordered(chunk, 1 << 20);
    const auto gate = std::make_shared<Gate>();
    rig.store->script([&](const MemoryStore::Request& request) {
        Answer answer;
        if (request.get.key != "2") answer.before_head = gate;
        return answer;
    });
    std::vector<std::shared_ptr<Cursor>> streams;
    for (std::uint64_t i = 0; i < 4; ++i) {
        rig.store->put(std::to_string(i), 100);
        OpenRequest request = rig.ask(std::to_string(i));
        request.tag = i;
        streams.push_back(reader->open(std::move(request)));
    }
    reader->start();
    BOOST_TEST(reader->next_ready(patience()) == 2u);
    gate->open();
    std::vector<std::uint64_t> rest;
    for (int i = 0; i < 3; ++i) rest.push_back(reader->next_ready(patience()));
    std::sort(rest.begin(), rest.end());
    BOOST_TEST(rest == (std::vector<std::uint64_t>{0, 1, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_eventfd_is_told_once_that_a_whole_object_is_there) {
    for (const std::uint64_t window : {std::uint64_t{0}, chunk, 16 * chunk}) {
        for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{10}, 9 * chunk}) {
            for (const bool known : {true, false}) {
                Rig rig;
                rig.store->put("object", size);
                const auto reader = rig.reader(chunk, window);
                OpenRequest request = rig.ask("object", known);
                request.destination = Destination::one_piece();
                const auto stream = rig.open(*reader, request);
                const EventFd told;
                stream->notify(told.descriptor);
                BOOST_REQUIRE(told.wait());
                const View whole = stream->whole([] { BOOST_FAIL("whole() had to wait"); });
                BOOST_TEST(whole.size() == size);
                BOOST_TEST(MemoryStore::mismatch({whole.data(), whole.size()}, "object", 0) ==
                           size);
                stream->close();
                BOOST_REQUIRE(rig.settled());
                BOOST_TEST(told.count() == 1u);
                BOOST_TEST(told.count() == 0u);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(an_eventfd_is_told_of_failures_and_of_the_close) {
    Rig rig;
    rig.store->put("object", 9 * chunk);
    rig.store->script([](const MemoryStore::Request& request) {
        Answer answer;
        if (request.get.range && request.get.range->begin == 4 * chunk)
            answer.refuse.emplace(ErrorKind::access_denied, "no");
        return answer;
    });
    const auto reader = rig.reader(chunk);
    OpenRequest request = rig.ask("object", false);
    request.destination = Destination::one_piece();
    const auto stream = rig.open(*reader, request);
    const EventFd told;
    stream->notify(told.descriptor);
    BOOST_REQUIRE(told.wait());
    failure_of([&] { stream->whole(patience()); });
    stream->close();
    BOOST_TEST(told.count() == 1u);

    const auto gate = std::make_shared<Gate>();
    stop_at(*rig.store, gate);
    const auto other = rig.open(*reader, request);
    const EventFd first, second;
    other->notify(first.descriptor);
    other->notify(second.descriptor);
    BOOST_REQUIRE(gate->wait_for(1));
    BOOST_TEST(second.count() == 0u);
    other->close();
    BOOST_TEST(second.count() == 1u);
    BOOST_TEST(first.count() == 0u);
    const EventFd late;
    other->notify(late.descriptor);
    BOOST_TEST(late.count() == 1u);
    BOOST_CHECK_THROW(other->notify(-1), std::exception);
}

BOOST_AUTO_TEST_CASE(a_failed_chunk_is_told_while_others_run) {
    Rig rig;
    rig.store->put("object", 9 * chunk);
    const auto gate = std::make_shared<Gate>();
    rig.store->script([gate](const MemoryStore::Request& request) {
        Answer answer;
        if (request.get.range->begin == 4 * chunk)
            answer.refuse.emplace(ErrorKind::access_denied, "no");
        else
            answer.before_head = gate;
        return answer;
    });
    OpenRequest request = rig.ask("object");
    request.destination = Destination::one_piece();
    const auto reader = rig.reader(chunk, 9 * chunk);
    const auto stream = rig.open(*reader, request);
    const EventFd told;
    stream->notify(told.descriptor);
    BOOST_REQUIRE(told.wait());
    const Failure failure =
        failure_of([&] { stream->whole([] { BOOST_FAIL("whole() had to wait"); }); });
    BOOST_TEST((failure.error.kind == ErrorKind::access_denied));
    stream->close();
}

BOOST_AUTO_TEST_CASE(event_loops_that_wait_keep_to_the_limit_of_requests) {
    constexpr int allowed = 4;
    Rig rig({64 << 20, allowed, 1});
    const auto gate = std::make_shared<Gate>();
    stop_at(*rig.store, gate);
    std::vector<std::shared_ptr<Reader>> readers;
    std::vector<std::shared_ptr<Cursor>> streams;
    std::vector<EventFd> told(40);
    for (const EventFd& one : told) {
        const std::string key = std::to_string(streams.size());
        rig.store->put(key, 2 * chunk);
        OpenRequest request = rig.ask(key, streams.size() % 2 == 0);
        request.destination = Destination::one_piece();
        readers.push_back(rig.reader(chunk));
        streams.push_back(rig.open(*readers.back(), request));
        streams.back()->notify(one.descriptor);
    }
    BOOST_REQUIRE(gate->wait_for(allowed));
    rig.round();
    BOOST_TEST(rig.store->requests().size() == static_cast<std::size_t>(allowed));
    gate->open();
    for (const EventFd& one : told) BOOST_REQUIRE(one.wait());
    for (const auto& stream : streams) BOOST_TEST(stream->whole(patience()).size() == 2 * chunk);
    BOOST_TEST(rig.store->most_running() <= allowed);
}

BOOST_AUTO_TEST_CASE(an_order_keeps_no_list_of_what_is_ready) {
    Rig rig;
    const auto keys = put_many(*rig.store, 50, 100);
    const auto reader = rig.reader(chunk);
    for (const auto& key : keys)
        BOOST_TEST(wrong_with(*rig.open(*reader, rig.ask(key)), key, rig.store->meta(key).size) ==
                   "");
    // Nobody will ever take them.
    BOOST_CHECK_THROW(reader->next_ready([] { throw Interrupted(); }), Interrupted);
}

BOOST_AUTO_TEST_SUITE_END()
