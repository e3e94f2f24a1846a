// What the scheduler knows of one store, and has on its way from there.
#pragma once

#include <cstdint>

#include "core/policy/checksum_habit.hpp"
#include "core/policy/in_flight.hpp"
#include "core/policy/lateness.hpp"
#include "core/policy/pace.hpp"
#include "core/policy/path.hpp"
#include "core/policy/retry_budget.hpp"

namespace s3pipes {

struct Flow {
    Flow(int ceiling, int neighbours) : in_flight(ceiling, neighbours) {}

    Path path;
    InFlight in_flight;
    ChecksumHabit checksums;
    Lateness lateness;
    Pace pace;
    RetryBudget retries;
    int running = 0;               // requests
    std::uint64_t size_guess = 0;  // of an object, by the last one; 0: none has been seen

    bool has_room() const noexcept { return running < in_flight.limit(); }
};

}  // namespace s3pipes
