// Text from a peer, fit for a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace s3pipes {

// One line of printable ASCII: runs of white space become one space, other bytes '?'; cut with
// "..." where it would be longer than `limit`.
std::string printable(std::string_view text, std::size_t limit);

}  // namespace s3pipes
