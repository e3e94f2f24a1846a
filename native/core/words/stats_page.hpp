// The figures of all processes of a tree, in memory that they share: those of a DataLoader's
// workers are seen in the process that made them, and stay when a worker dies.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/words/stats.hpp"

namespace s3pipes {

class StatsPage {
  public:
    // What a file must have to be one.
    static std::size_t bytes() noexcept;
    // From now on this process, and every one that it forks, shares the page in that file, which
    // may be new and empty. False where it cannot be had: then each counts for itself.
    static bool share(int descriptor) noexcept;

    // The place for the figures of this process, on the page where there is one. Always the same.
    static Stats& claim() noexcept;

    // What this process and those that it started, and they in turn, have done. Of those that have
    // ended nothing runs any more, but what they did counts.
    struct Sum : Counters<std::uint64_t> {
        std::int64_t running = 0, streams = 0;
        std::int64_t processes = 0;  // that live and have an engine

        void add(const Stats& stats, bool living) noexcept;
    };
    static Sum sum() noexcept;

    // True for one process of the tree, and once.
    static bool first_to_tell(const std::string& cause) noexcept;
};

}  // namespace s3pipes
