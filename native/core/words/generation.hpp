// Which process this is. Threads, locks and sockets do not survive a fork; what carries the
// generation of its making can tell, without a system call, that it came from the parent.
#pragma once

#include <cstdint>

namespace s3pipes {

// Starts at 1 and grows by one in the child of every fork.
std::uint64_t process_generation() noexcept;

}  // namespace s3pipes
