// Which process this is. Threads, locks and sockets do not survive a fork; what carries the
// generation of its making can tell, without a system call, that it came from the parent.
#pragma once

#include <cstdint>
#include <tuple>
#include <utility>

namespace s3pipes {

// Starts at 1 and grows by one in the child of every fork.
std::uint64_t process_generation() noexcept;

// For destructors in a fork's child: a thread of the parent may have been halfway through changing
// these when the fork came, so they must not be destroyed. Takes them and leaks them.
template <typename... T>
void leave_behind(T&... parts) {
    new std::tuple<T...>(std::move(parts)...);
}

}  // namespace s3pipes
