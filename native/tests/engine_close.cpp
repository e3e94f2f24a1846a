// The ends of streams: closed, interrupted, shut down.
#include <algorithm>
#include <random>
#include <thread>

#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

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
                request.destination = one_piece_if(contiguous);
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
        request.destination = Destination::into(Buffer::around(std::span(memory.get(), size)));
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
        request.destination = Destination::into(Buffer::around(std::span(memory)));
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
            request.destination = one_piece_if(contiguous);
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

BOOST_AUTO_TEST_CASE(a_stopped_engine_ends_waits_and_lets_go_of_streams) {
    for (const int loops : {1, 3}) {
        Rig rig({64 << 20, 64, loops});
        rig.store->put("object", 10 * chunk);
        const auto gate = std::make_shared<Gate>();
        stop_at(*rig.store, gate, 1000);
        const auto reader = rig.reader(chunk, 8 * chunk);
        std::vector<std::byte> memory(10 * chunk);
        OpenRequest request = rig.ask("object");
        request.destination = Destination::into(Buffer::around(std::span(memory)));
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
                        request.destination = one_piece_if(random() % 4 == 0);
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
