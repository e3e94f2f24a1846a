// Which process it is, among all that this machine has had: its number, and when it began.
#pragma once

#include <array>
#include <cstdint>

namespace s3pipes {

using ProcessTag = std::uint64_t;  // 0: none

// The parents of a process, the nearest first; as many as are looked at.
using Lineage = std::array<ProcessTag, 7>;

ProcessTag tag_of_this_process() noexcept;
Lineage lineage() noexcept;  // of this process, as it is now
bool lives(ProcessTag tag) noexcept;

}  // namespace s3pipes
