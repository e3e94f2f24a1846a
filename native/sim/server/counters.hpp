// What the server has seen.
#pragma once

#include <algorithm>
#include <cstdint>

namespace s3pipes::sim {

// So many now, ever, and at most at once.
struct Gauge {
    std::uint64_t now = 0;
    std::uint64_t ever = 0;
    std::uint64_t most = 0;

    void up() noexcept {
        ++ever;
        most = std::max(most, ++now);
    }
    void down() noexcept { --now; }
};

struct Counters {
    Gauge connections;
    Gauge requests;                // begun when read, ended with the answer's last byte
    std::uint64_t body_bytes = 0;  // given to the kernel
    std::uint64_t slow_downs = 0;  // 503 for too many requests
    std::uint64_t broken = 0;      // answers that the client did not stay for
};

}  // namespace s3pipes::sim
