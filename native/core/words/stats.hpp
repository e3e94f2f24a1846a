// What an engine has done so far, and what it holds now.
#pragma once

#include <atomic>
#include <cstdint>

namespace s3pipes {

// Written by any thread, read at any time; each figure is exact, the set of them is no snapshot.
struct Stats {
    std::atomic<std::uint64_t> requests{0};        // attempts begun
    std::atomic<std::uint64_t> retries{0};         // attempts after the first of their chunk
    std::atomic<std::uint64_t> bytes_received{0};  // of bodies
    std::atomic<std::uint64_t> chunks_evicted{0};  // fetched, then given up for a blocked reader
    std::atomic<std::uint64_t> wait_ns{0};         // time that readers waited
    std::atomic<std::int64_t> running{0};          // requests in flight now
    std::atomic<std::int64_t> streams{0};          // open streams now
    std::atomic<std::int64_t> waiting{0};          // threads that wait now
};

}  // namespace s3pipes
