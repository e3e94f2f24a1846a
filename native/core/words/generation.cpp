#include "core/words/generation.hpp"

#include <pthread.h>

#include <atomic>

namespace s3pipes {
namespace {

std::atomic<std::uint64_t> generation{1};

// Runs while the module is loaded, so before any engine exists.
[[maybe_unused]] const int registered =
    pthread_atfork(nullptr, nullptr, [] { generation.fetch_add(1, std::memory_order_relaxed); });

}  // namespace

std::uint64_t process_generation() noexcept {
    return generation.load(std::memory_order_relaxed);
}

}  // namespace s3pipes
