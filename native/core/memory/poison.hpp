// Tells AddressSanitizer which memory nobody may touch; nothing in other builds.
#pragma once

#include <cstddef>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace s3pipes {

inline void poison([[maybe_unused]] std::byte* data, [[maybe_unused]] std::size_t size) noexcept {
#ifdef __SANITIZE_ADDRESS__
    __asan_poison_memory_region(data, size);
#endif
}

inline void unpoison([[maybe_unused]] std::byte* data, [[maybe_unused]] std::size_t size) noexcept {
#ifdef __SANITIZE_ADDRESS__
    __asan_unpoison_memory_region(data, size);
#endif
}

}  // namespace s3pipes
