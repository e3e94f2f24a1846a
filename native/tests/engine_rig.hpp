// An engine over a MemoryStore, with the checks that hold after every test.
#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/read/cursor.hpp"
#include "core/engine/read/reader.hpp"
#include "tests/memory_store.hpp"

namespace s3pipes::test {

inline constexpr std::uint64_t KiB = 1024;
inline constexpr std::uint64_t chunk = 64 * KiB;  // of most tests

// Ends any wait after half a minute: a deadlock fails its test instead of hanging the suite.
inline Poll patience() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    return [until] {
        if (std::chrono::steady_clock::now() > until) throw std::runtime_error("waited in vain");
    };
}

inline RetryRules quick_retries(int max_attempts = 10) {
    using std::chrono::milliseconds;
    return {max_attempts, milliseconds(1), milliseconds(2), milliseconds(1), milliseconds(60'000)};
}

inline Destination one_piece_if(bool wanted) {
    return wanted ? Destination::one_piece() : Destination::chunks();
}

struct Rig {
    std::shared_ptr<Engine> engine;
    std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();

    explicit Rig(EngineRules rules = {}) : engine(std::make_shared<Engine>(rules)) {}
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;

    ~Rig() {
        BOOST_TEST(settled());
        BOOST_TEST(engine->arena().charged() == 0u);
        BOOST_TEST(engine->arena().outside() == 0u);
        BOOST_TEST(engine->stats().streams.load() == 0);
    }

    std::shared_ptr<Reader> reader(std::uint64_t chunk_bytes,
                                   std::optional<std::uint64_t> window_bytes = std::nullopt,
                                   RetryRules retry = quick_retries()) {
        return std::make_shared<Reader>(engine, ReadRules{chunk_bytes, window_bytes, {}, retry});
    }

    // One whose objects come as they are ready.
    std::shared_ptr<Reader> unordered(std::uint64_t chunk_bytes,
                                      std::optional<std::uint64_t> window_bytes) {
        return std::make_shared<Reader>(
            engine, ReadRules{chunk_bytes, window_bytes, {}, quick_retries(), false});
    }

    OpenRequest ask(const std::string& key, bool known = true) {
        OpenRequest request;
        request.store = store;
        request.key = key;
        if (known) request.known = store->meta(key);
        return request;
    }

    std::shared_ptr<Cursor> open(Reader& reader, OpenRequest request) {
        auto stream = reader.open(std::move(request));
        reader.start();
        return stream;
    }

    // Waits until every loop has done what was posted to it before.
    void round() {
        if (stopped()) return;
        for (std::size_t i = 0; i < engine->loop_count(); ++i) {
            std::promise<void> reached;
            engine->loop(i).post([&reached] { reached.set_value(); });
            reached.get_future().wait();
        }
    }

    bool stopped() {
        std::lock_guard lock(engine->mutex());
        return engine->dead();
    }

    // True once no request runs and nothing is left to do.
    bool settled() {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (engine->stats().running.load() != 0) {
            if (stopped() || std::chrono::steady_clock::now() > until) return false;
            round();
        }
        round();
        round();
        return true;
    }
};

// Everything from the present position on.
inline std::vector<std::byte> read_rest(Cursor& stream, std::size_t step = 64 << 10) {
    const Poll poll = patience();
    std::vector<std::byte> all;
    for (;;) {
        const std::size_t before = all.size();
        all.resize(before + step);
        const std::size_t got = stream.read(std::span(all).subspan(before), poll);
        all.resize(before + got);
        if (got == 0) return all;
    }
}

// Reads what is left, in steps, and returns what is wrong with it; "" where nothing is.
inline std::string wrong_with(Cursor& stream, const std::string& key, std::uint64_t size,
                              std::size_t step = 10'000) {
    try {
        const auto all = read_rest(stream, step);
        if (all.size() != size) return key + ": " + std::to_string(all.size()) + " bytes";
        const std::size_t same = MemoryStore::mismatch(all, key, 0);
        if (same != size) return key + ": wrong at " + std::to_string(same);
    } catch (const std::exception& thrown) {
        return key + ": " + thrown.what();
    }
    return "";
}

inline std::vector<std::string> put_many(MemoryStore& store, int count, std::uint64_t size) {
    std::vector<std::string> keys;
    for (int i = 0; i < count; ++i) {
        keys.push_back("object-" + std::to_string(i));
        store.put(keys.back(), size + static_cast<std::uint64_t>(i));
    }
    return keys;
}

// Every request stops at the gate, after `deliver` bytes.
inline void stop_at(MemoryStore& store, std::shared_ptr<Gate> gate, std::uint64_t deliver = 0) {
    store.script([gate, deliver](const auto&) {
        Answer answer;
        if (deliver == 0) answer.before_head = gate;
        answer.deliver = deliver == 0 ? UINT64_MAX : deliver;
        if (deliver != 0) answer.before_rest = gate;
        return answer;
    });
}

inline Answer refusal(ErrorKind kind, const char* message = "as the script says") {
    Answer answer;
    answer.refuse.emplace(kind, message);
    return answer;
}

// What a poll throws.
struct Interrupted : std::exception {};

// The Failure that `work` ends with.
template <typename Work>
Failure failure_of(Work work) {
    try {
        work();
    } catch (const Failure& failure) {
        return failure;
    }
    BOOST_FAIL("no failure came");
    throw std::logic_error("unreachable");
}

}  // namespace s3pipes::test
