// The ends of streams: closed, interrupted, shut down; and the two ways of being told of readiness.
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

constexpr std::uint64_t chunk = 64 * KiB;

struct Interrupted : std::exception {};

// Every request stops at the gate, after `deliver` bytes.
void stop_at(MemoryStore& store, std::shared_ptr<Gate> gate, std::uint64_t deliver = 0) {
    store.script([gate, deliver](const auto&) {
        Answer answer;
        if (deliver == 0) answer.before_head = gate;
        answer.deliver = deliver == 0 ? UINT64_MAX : deliver;
        if (deliver != 0) answer.before_rest = gate;
        return answer;
    });
}

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

BOOST_AUTO_TEST_SUITE(engine_close, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(close_from_another_thread_ends_every_wait) {
    using Wait = std::function<void(Cursor&)>;
    const std::vector<Wait> waits{
        [](Cursor& stream) { stream.wait_ready(patience()); },
        [](Cursor& stream) { stream.meta(patience()); },
        [](Cursor& stream) { stream.next_view(patience()); },
        [](Cursor& stream) { stream.whole(patience()); },
        [](Cursor& stream) {
            std::string line;
            stream.read_line(line, 100, patience());
        },
        [](Cursor& stream) {
            std::byte into[10];
            stream.read(into, patience());
        },
    };
    for (std::size_t i = 0; i < waits.size(); ++i) {
        for (const bool contiguous : {false, true}) {
            BOOST_TEST_CONTEXT("wait " << i << (contiguous ? " contiguous" : "")) {
                Rig rig;
                rig.store->put("object", 10 * chunk);
                const auto gate = std::make_shared<Gate>();
                stop_at(*rig.store, gate);
                const auto reader = rig.reader(chunk);
                OpenRequest request = rig.ask("object", false);
                request.contiguous = contiguous;
                const auto stream = rig.open(*reader, request);
                std::thread closer([&] {
                    gate->wait_for(1);
                    stream->close();
                });
                const Failure failure = failure_of([&] { waits[i](*stream); });
                closer.join();
                BOOST_TEST((failure.error.kind == ErrorKind::cancelled));
                const Failure later = failure_of([&] { waits[i](*stream); });
                BOOST_TEST((later.error.kind == ErrorKind::cancelled));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_close_during_whole_never_gives_half_of_it) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        Rig rig({4 * chunk, 16, 1 + static_cast<int>(seed % 2)});
        rig.store->put("object", 20 * chunk);
        const auto reader = rig.reader(chunk);
        const auto stream = rig.open(*reader, rig.ask("object", seed % 3 != 0));
        std::thread closer([&] {
            while (rig.engine->stats().bytes_received.load() < seed * 20'000 % (20 * chunk))
                std::this_thread::yield();
            stream->close();
        });
        try {
            const View whole = stream->whole(patience());
            BOOST_TEST(MemoryStore::mismatch({whole.data(), whole.size()}, "object", 0) ==
                       20 * chunk);
        } catch (const Failure& failure) {
            BOOST_TEST((failure.error.kind == ErrorKind::cancelled));
        }
        closer.join();
    }
}

BOOST_AUTO_TEST_CASE(after_settling_nothing_writes_to_the_callers_memory) {
    for (unsigned seed = 0; seed < 100; ++seed) {
        Rig rig({64 << 20, 64, 1 + static_cast<int>(seed % 3)});
        const std::uint64_t size = 30 * chunk;
        rig.store->put("object", size);
        rig.store->script([](const auto&) {
            Answer answer;
            answer.piece_bytes = 4 * KiB;
            return answer;
        });
        const auto reader = rig.reader(chunk, 30 * chunk);
        auto memory = std::make_unique<std::byte[]>(size);
        OpenRequest request = rig.ask("object", seed % 4 != 0);
        request.into = std::span(memory.get(), size);
        const auto stream = rig.open(*reader, request);
        while (rig.engine->stats().bytes_received.load() < seed * 16 * KiB)
            std::this_thread::yield();
        stream->close(true);
        memory.reset();  // a write after this is what the sanitizers look for
    }
}

BOOST_AUTO_TEST_CASE(settling_waits_for_requests_at_any_point) {
    Rig rig;
    rig.store->put("object", 4 * chunk);
    for (const std::uint64_t deliver : {0u, 1000u}) {
        const auto gate = std::make_shared<Gate>();
        stop_at(*rig.store, gate, deliver);
        const auto reader = rig.reader(chunk, 4 * chunk);
        std::vector<std::byte> memory(4 * chunk);
        OpenRequest request = rig.ask("object");
        request.into = std::span(memory);
        const auto stream = rig.open(*reader, request);
        BOOST_REQUIRE(gate->wait_for(4));
        stream->close(true);
        stream->close(true);
        BOOST_TEST(rig.engine->stats().running.load() == 0);
    }
}

BOOST_AUTO_TEST_CASE(what_poll_throws_ends_the_wait_and_nothing_else) {
    Rig rig;
    rig.store->put("object", 10 * chunk);
    const auto gate = std::make_shared<Gate>();
    stop_at(*rig.store, gate, 1000);
    const Poll interrupt = [] { throw Interrupted(); };
    const auto reader = rig.reader(chunk, 4 * chunk);
    const auto stream = rig.open(*reader, rig.ask("object", false));
    std::vector<std::byte> into(10 * chunk);
    BOOST_CHECK_THROW(stream->read(into, interrupt), Interrupted);
    BOOST_CHECK_THROW(stream->whole(interrupt), Interrupted);
    BOOST_CHECK_THROW(stream->next_view(interrupt), Interrupted);
    BOOST_CHECK_THROW(stream->whole(interrupt), Interrupted);
    BOOST_TEST(stream->tell() == 0u);
    BOOST_CHECK_THROW(rig.unordered(chunk, std::nullopt)->next_ready(interrupt), Interrupted);
    gate->open();
    BOOST_TEST(stream->read(std::span(into).first(3 * chunk), patience()) == 3 * chunk);
    BOOST_TEST(MemoryStore::mismatch(std::span(into).first(3 * chunk), "object", 0) == 3 * chunk);
    const View whole = stream->whole(patience());
    BOOST_TEST(MemoryStore::mismatch({whole.data(), whole.size()}, "object", 0) == 10 * chunk);
    BOOST_TEST(stream->tell() == 3 * chunk);
    const auto rest = read_rest(*stream);
    BOOST_TEST(MemoryStore::mismatch(rest, "object", 3 * chunk) == 7 * chunk);
}

BOOST_AUTO_TEST_CASE(an_interrupted_whole_leaves_a_stream_that_reads_on) {
    for (const bool contiguous : {false, true}) {
        for (std::uint64_t stop = 0; stop < 8; ++stop) {
            Rig rig({64 << 20, 64, 2});
            rig.store->put("object", 8 * chunk);
            const auto gate = std::make_shared<Gate>();
            rig.store->script([&](const MemoryStore::Request& request) {
                Answer answer;
                if (request.get.range && request.get.range->begin == stop * chunk &&
                    request.of_key < 10) {
                    answer.deliver = 100;
                    answer.before_rest = gate;
                }
                return answer;
            });
            const auto reader = rig.reader(chunk, 2 * chunk);
            OpenRequest request = rig.ask("object");
            request.contiguous = contiguous;
            const auto stream = rig.open(*reader, request);
            std::vector<std::byte> into(100);
            BOOST_REQUIRE_EQUAL(stream->read(into, patience()), 100u);
            BOOST_CHECK_THROW(stream->whole([] { throw Interrupted(); }), Interrupted);
            gate->open();
            const auto rest = read_rest(*stream, 50'000);
            BOOST_REQUIRE_EQUAL(rest.size(), 8 * chunk - 100);
            BOOST_REQUIRE_EQUAL(MemoryStore::mismatch(rest, "object", 100), rest.size());
            const View whole = stream->whole(patience());
            BOOST_REQUIRE_EQUAL(MemoryStore::mismatch({whole.data(), whole.size()}, "object", 0),
                                8 * chunk);
        }
    }
}

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
            request.contiguous = i % 11 == 0;
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
                request.contiguous = true;
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
    request.contiguous = true;
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

BOOST_AUTO_TEST_CASE(a_stopped_engine_ends_waits_and_lets_go_of_streams) {
    for (const int loops : {1, 3}) {
        Rig rig({64 << 20, 64, loops});
        rig.store->put("object", 10 * chunk);
        const auto gate = std::make_shared<Gate>();
        stop_at(*rig.store, gate, 1000);
        const auto reader = rig.reader(chunk, 8 * chunk);
        std::vector<std::byte> memory(10 * chunk);
        OpenRequest request = rig.ask("object");
        request.into = std::span(memory);
        const auto into = rig.open(*reader, request);
        const auto stream = rig.open(*reader, rig.ask("object"));
        OpenRequest unready = rig.ask("object", false);
        const auto third = rig.open(*reader, unready);
        BOOST_REQUIRE(gate->wait_for(2));
        std::thread stopper([&] { rig.engine->stop(); });
        const Failure failure = failure_of([&] { stream->whole(patience()); });
        stopper.join();
        BOOST_TEST((failure.error.kind == ErrorKind::cancelled));
        BOOST_TEST(rig.engine->stats().running.load() == 0);
        into->close(true);
        memory.clear();
        failure_of([&] { third->wait_ready(patience()); });
        const auto late = rig.open(*reader, rig.ask("object"));
        failure_of([&] { read_rest(*late); });
        for (const auto& one : {into, stream, third, late}) one->close(true);
        rig.engine->stop();
    }
}

BOOST_AUTO_TEST_CASE(many_threads_share_an_engine) {
    Rig rig({8 * chunk, 16, 3});
    constexpr int count = 24;
    for (int i = 0; i < count; ++i)
        rig.store->put(std::to_string(i), static_cast<std::uint64_t>(i) * chunk / 2);
    std::mt19937 faults(1);
    rig.store->script([&](const auto&) {
        Answer answer;
        answer.piece_bytes = 16 * KiB;
        if (faults() % 10 == 0) {
            answer.deliver = faults() % chunk;
            answer.cut.emplace(ErrorKind::connection, "reset");
        }
        return answer;
    });
    std::vector<std::string> wrong(6);
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 6; ++t)
        threads.emplace_back([&, t] {
            try {
                std::mt19937 random(t);
                for (int round = 0; round < 8; ++round) {
                    const auto reader =
                        rig.reader(chunk, chunk * (random() % 5), quick_retries(100));
                    std::vector<std::pair<int, std::shared_ptr<Cursor>>> streams;
                    for (int i = 0; i < 5; ++i) {
                        const int object = static_cast<int>(random() % count);
                        OpenRequest request = rig.ask(std::to_string(object), random() % 2);
                        request.contiguous = random() % 4 == 0;
                        streams.emplace_back(object, reader->open(std::move(request)));
                    }
                    reader->start();
                    std::shuffle(streams.begin(), streams.end(), random);
                    for (const auto& [object, stream] : streams) {
                        if (random() % 6 == 0) continue;
                        const std::uint64_t size = static_cast<std::uint64_t>(object) * chunk / 2;
                        std::vector<std::byte> all;
                        if (random() % 3 == 0) {
                            const View whole = stream->whole(patience());
                            all.assign(whole.data(), whole.data() + whole.size());
                        } else {
                            all = read_rest(*stream, 1 + random() % 100'000);
                        }
                        if (all.size() != size ||
                            MemoryStore::mismatch(all, std::to_string(object), 0) != size)
                            wrong[t] += "object " + std::to_string(object) + " differs; ";
                        if (random() % 2 != 0) stream->close();
                    }
                }
            } catch (const std::exception& thrown) {
                wrong[t] += thrown.what();
            }
        });
    for (auto& thread : threads) thread.join();
    for (const auto& one : wrong) BOOST_TEST(one == "");
}

BOOST_AUTO_TEST_SUITE_END()
