// What an engine has done so far, and what it holds now.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/words/histogram.hpp"
#include "core/words/retry_cause.hpp"

namespace s3pipes {

// What only grows. Number: std::atomic<std::uint64_t> where it is counted, std::uint64_t in a sum.
template <class Number>
struct Counters {
    Number requests{0};          // attempts begun
    Number retries{0};           // attempts after the first of their chunk
    Number bytes_received{0};    // of bodies
    Number bytes_verified{0};    // that added up to the checksum which the store holds
    Number bytes_unverified{0};  // for which it holds none, or none that could be used
    Number chunks_evicted{0};    // fetched, then given up for a blocked reader
    Number wait_ns{0};           // time that readers waited
    Number throttled{0};         // answers of 429 or 503
    Number hedges{0};            // second requests sent for what was late
    Number hedges_won{0};        // of those, the ones whose bytes were used
    Number replaced{0};          // connections given up as too slow, for others
    Number skipped{0};           // objects that a loader left out
    std::array<Number, retry_cause_names.size()> retries_by{};
    Histogram<Number> first_byte{};  // from the request for a chunk to the head of its answer
    Histogram<Number> transfer{};    // from there to the chunk's last byte

    void retried(RetryCause cause) noexcept {
        ++retries;
        ++retries_by[static_cast<std::size_t>(cause)];
    }
};

// Calls `apply` with each figure of one and the same figure of the other.
template <class One, class Other, class Apply>
void for_each_counter(One& one, Other& other, Apply apply) {
    apply(one.requests, other.requests);
    apply(one.retries, other.retries);
    apply(one.bytes_received, other.bytes_received);
    apply(one.bytes_verified, other.bytes_verified);
    apply(one.bytes_unverified, other.bytes_unverified);
    apply(one.chunks_evicted, other.chunks_evicted);
    apply(one.wait_ns, other.wait_ns);
    apply(one.throttled, other.throttled);
    apply(one.hedges, other.hedges);
    apply(one.hedges_won, other.hedges_won);
    apply(one.replaced, other.replaced);
    apply(one.skipped, other.skipped);
    const auto all = [&](auto& some, auto& others) {
        for (std::size_t i = 0; i < some.size(); ++i) apply(some[i], others[i]);
    };
    all(one.retries_by, other.retries_by);
    all(one.first_byte.counts, other.first_byte.counts);
    all(one.transfer.counts, other.transfer.counts);
}

// Written by any thread, read at any time; each figure is exact, the set of them is no snapshot.
struct Stats : Counters<std::atomic<std::uint64_t>> {
    std::atomic<std::int64_t> running{0};  // requests in flight now
    std::atomic<std::int64_t> streams{0};  // open streams now
    std::atomic<std::int64_t> waiting{0};  // threads that wait now
};

}  // namespace s3pipes
