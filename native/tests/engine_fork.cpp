// What a fork's child finds: nothing that it can read, and nothing that hangs it.
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <mutex>
#include <thread>

#include "core/engine/list/lister.hpp"
#include "core/words/generation.hpp"
#include "tests/engine_rig.hpp"
#include "tests/sanitized.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

template <typename Work>
bool orphaned(Work work) {
    try {
        work();
    } catch (const Orphaned&) {
        return true;
    }
    return false;
}

// The exit status of a child that runs `work`; -1 where it had to be killed after half a minute.
template <typename Work>
int in_child(Work work) {
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        int status = 99;
        try {
            status = work();
        } catch (...) {
        }
        ::_exit(status);
    }
    const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    BOOST_REQUIRE(handle >= 0);
    pollfd ended{handle, POLLIN, 0};
    const bool in_time = ::poll(&ended, 1, 30'000) == 1;
    ::close(handle);
    if (!in_time) ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    return in_time && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_fork, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(a_child_sees_orphans_and_can_drop_them) {
    for (int round = 0; round < 10; ++round) {
        Rig rig({8 * chunk, 32, 2});
        rig.store->put("object", 50 * chunk);
        rig.store->put("small", 10);
        std::vector<std::shared_ptr<Cursor>> streams;
        auto reader = rig.reader(chunk, 8 * chunk);
        for (int i = 0; i < 5; ++i) streams.push_back(reader->open(rig.ask("object", i % 2)));
        streams.push_back(reader->open(rig.ask("small", false)));
        reader->start();
        auto lister = std::make_unique<Lister>(rig.engine, rig.store, "", 1, quick_retries());
        std::byte into[100];
        streams[0]->read(into, patience());
        View piece = streams[1]->next_view(patience());
        // Somebody else is in the middle of everything when the fork comes.
        std::atomic<bool> over = false;
        std::thread busy([&] {
            const auto others = rig.reader(chunk, 8 * chunk);
            while (!over) read_rest(*rig.open(*others, rig.ask("object")));
        });
        const int status = in_child([&] {
            std::string line;
            const Poll poll = [] {};
            Cursor& stream = *streams[0];
            if (process_generation() < 2) return 1;
            if (rig.engine->of_present_process()) return 2;
            if (!orphaned([&] { stream.read(into, poll); })) return 3;
            if (!orphaned([&] { stream.next_view(poll); })) return 4;
            if (!orphaned([&] { stream.read_line(line, 5, poll); })) return 5;
            if (!orphaned([&] { stream.whole(poll); })) return 6;
            if (!orphaned([&] { stream.wait_ready(poll); })) return 7;
            if (!orphaned([&] { stream.meta(poll); })) return 8;
            if (!orphaned([&] { stream.seek(0); })) return 9;
            if (!orphaned([&] { stream.notify(0); })) return 10;
            if (!orphaned([&] { (void)stream.ready(); })) return 11;
            if (!orphaned([&] { reader->open(OpenRequest{}); })) return 12;
            if (!orphaned([&] { reader->start(); })) return 13;
            if (!orphaned([&] { reader->next_ready(poll); })) return 14;
            if (!orphaned([&] { (void)reader->room(5); })) return 15;
            if (!orphaned([&] { lister->next(poll); })) return 16;
            if (!orphaned([&] { Reader(rig.engine, ReadRules{}); })) return 17;
            if (!orphaned([&] { head_object(rig.engine, rig.store, "small", {}, poll); }))
                return 18;
            if (stream.tell() != 100) return 19;
            if (MemoryStore::mismatch({piece.data(), piece.size()}, "object", 0) != piece.size())
                return 20;
            stream.close();
            stream.close(true);
            streams.clear();
            lister.reset();
            reader.reset();
            piece = {};
            return 0;
        });
        over = true;
        busy.join();
        BOOST_TEST(status == 0);
        // The parent reads on.
        BOOST_TEST(read_rest(*streams[0]).size() == 50 * chunk - 100);
    }
}

// As OpenSSL does, whose locks a child cannot make anew.
BOOST_AUTO_TEST_CASE(a_child_never_finds_a_lock_that_a_loop_took_within_a_handler) {
    const Rig rig({8 * chunk, 32, 2});
    struct Busy {
        Loop& loop;
        std::mutex mutex{};
        std::atomic<std::uint64_t> turns{0};
        std::atomic<bool> over{false};

        void turn() {
            {
                std::lock_guard lock(mutex);
                const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
                while (std::chrono::steady_clock::now() < until) continue;
            }
            ++turns;
            if (!over) loop.post([this] { turn(); });
        }
    };
    Busy busy[] = {{rig.engine->loop(0)}, {rig.engine->loop(1)}};
    for (Busy& one : busy) one.loop.post([&one] { one.turn(); });
    for (int round = 0; round < 20; ++round) {
        const std::uint64_t before[] = {busy[0].turns, busy[1].turns};
        const int status = in_child([&] {
            for (Busy& one : busy)
                if (!one.mutex.try_lock()) return 1;
            return 0;
        });
        BOOST_TEST(status == 0);
        for (int i : {0, 1})  // and the parent's loops go on
            while (busy[i].turns == before[i]) std::this_thread::yield();
    }
    for (Busy& one : busy) one.over = true;
    for (Busy& one : busy) {
        std::promise<void> idle;  // behind its last turn
        one.loop.post([&] { one.loop.post([&] { idle.set_value(); }); });
        idle.get_future().wait();
    }
}

BOOST_AUTO_TEST_CASE(a_fork_in_the_middle_of_a_wait_leaves_an_orphan) {
    Rig rig;
    rig.store->put("object", 2 * chunk);
    const auto gate = std::make_shared<Gate>();
    rig.store->script([gate](const MemoryStore::Request& request) {
        Answer answer;
        if (request.get.range->begin == chunk) answer.before_head = gate;
        return answer;
    });
    const auto reader = rig.reader(chunk);
    const auto stream = rig.open(*reader, rig.ask("object"));
    pid_t child = -1;
    bool here = true;  // in the parent
    const Poll poll = [&] {
        if (child >= 0) return;
        child = ::fork();
        here = child != 0;
        if (here) gate->open();
    };
    std::vector<std::byte> into(2 * chunk);
    const bool orphan = orphaned([&] { stream->read(into, poll); });
    // What it had read of this call will be read once more.
    if (!here) ::_exit(orphan && stream->tell() == 0 ? 0 : 1);
    BOOST_TEST(!orphan);
    BOOST_TEST(MemoryStore::mismatch(into, "object", 0) == 2 * chunk);
    int status = -1;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

constexpr bool children_may_have_threads = !under_thread_sanitizer;  // it ends them

BOOST_AUTO_TEST_CASE(a_child_makes_an_engine_of_its_own,
                     *boost::unit_test::enable_if<children_may_have_threads>()) {
    const auto parents = Engine::of_this_process({4 << 20, 16, 2});
    BOOST_TEST(Engine::of_this_process({1 << 20, 16, 1}) == parents);
    BOOST_TEST(Engine::existing() == parents);
    BOOST_TEST(Engine::of_this_process({8 << 20, 32, 1})->arena().budget() == 8u << 20);
    const auto store = std::make_shared<MemoryStore>();
    store->put("object", 20 * chunk);
    const auto read = [&store](const std::shared_ptr<Engine>& engine) {
        const auto reader =
            std::make_shared<Reader>(engine, ReadRules{chunk, std::nullopt, {}, quick_retries()});
        OpenRequest request;
        request.store = store;
        request.key = "object";
        const auto stream = reader->open(request);
        reader->start();
        const auto all = read_rest(*stream);
        return all.size() == 20 * chunk && MemoryStore::mismatch(all, "object", 0) == all.size();
    };
    BOOST_TEST(read(parents));
    const int status = in_child([&] {
        if (Engine::existing() != nullptr) return 1;
        const auto own = Engine::of_this_process({4 << 20, 16, 1});
        if (own == parents || !own->of_present_process()) return 2;
        if (!read(own)) return 3;
        // And so does its child.
        const int grandchild = in_child([&] {
            if (Engine::existing() != nullptr) return 1;
            return read(Engine::of_this_process({4 << 20, 16, 1})) ? 0 : 2;
        });
        if (grandchild != 0) return 4;
        if (!read(own)) return 5;
        Engine::shut_down();
        return 0;
    });
    BOOST_TEST(status == 0);
    BOOST_TEST(read(parents));
    Engine::shut_down();
    Engine::shut_down();
}

BOOST_AUTO_TEST_SUITE_END()
