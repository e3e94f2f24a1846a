// What went wrong on purpose, in its order.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "sim/mishaps/kind.hpp"

namespace s3pipes::sim {

struct LoggedMishap {
    Mishap kind;
    std::string request_id;  // that the answer bears, or would have borne; empty: of a connection
    std::string method, key;
    std::optional<std::uint64_t> begin, end;  // of the range asked for, where it says so
    std::optional<std::uint64_t> at_byte;     // of the body, where the mishap lies
    double at_s = 0;                          // on the steady clock
};

using MishapLog = std::deque<LoggedMishap>;

}  // namespace s3pipes::sim
