// Which sanitizer the tests are built with: some cases say nothing there, or take too long.
#pragma once

namespace s3pipes::test {

#ifdef __SANITIZE_THREAD__
constexpr bool under_thread_sanitizer = true;
#else
constexpr bool under_thread_sanitizer = false;
#endif

#ifdef __SANITIZE_ADDRESS__
constexpr bool under_address_sanitizer = true;
#else
constexpr bool under_address_sanitizer = false;
#endif

}  // namespace s3pipes::test
