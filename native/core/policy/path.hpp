// What the answers of a store tell of the way to it.
#pragma once

#include <cstdint>
#include <optional>

#include "core/policy/nearness.hpp"
#include "core/policy/recent.hpp"

namespace s3pipes {

// How one request was served.
struct Served {
    double first_byte_s = 0;  // from the request to the head of its answer
    double streaming_s = 0;   // from there to the last byte
    std::uint64_t bytes = 0;
};

// Some answers in a row.
struct Span {
    int answers = 0;
    double seconds = 0;
    double bytes_per_s = 0;  // of all connections together
    double in_flight = 0;    // requests on their way at once, on average
    double load_s = 0;       // these, by the seconds that they would take undisturbed
    // How much longer they took than undisturbed ones: 1: not at all. Somewhere they queue: at the
    // link, in the store, or before our own processor.
    double crowding = 1;
};

// Pure, on a given clock.
class Path {
  public:
    // alone: nothing else was on its way.
    void answered(double first_byte_s, bool alone) noexcept {
        nearness_.answered(first_byte_s, alone);
    }
    // Tells of a span whenever enough answers have come to say something.
    std::optional<Span> served(const Served& served, double now_s);

    // Requests take their time by themselves: what was undisturbed is to be learnt anew.
    void changed() noexcept;

    const Nearness& nearness() const noexcept { return nearness_; }
    // Of an undisturbed request, on average: the least of the last minutes. 0: not known yet.
    double first_byte_s() const noexcept { return first_byte_.value(); }
    double seconds_per_byte() const noexcept;
    // How long a request takes at present, as long as the last span tells.
    double service_s() const noexcept { return service_s_; }
    // The most that all connections together brought lately.
    double bytes_per_s() const noexcept { return rate_.value(); }

  private:
    struct Sums {
        double began_s = 0;
        int answers = 0;
        double first_byte_s = 0;
        double busy_s = 0;  // of all requests together
        std::uint64_t bytes = 0;
        // Of those large enough to tell a connection's rate: a small one comes in one burst.
        double streaming_s = 0;
        std::uint64_t streamed = 0;

        void add(const Served& served) noexcept;
    };

    Span end(double now_s);
    void learn(double now_s);

    Nearness nearness_;
    // Long, or a queue that stays would come to look like the store's own time.
    static constexpr double undisturbed_term_s = 60;
    static constexpr double rate_term_s = 5;

    RecentLeast first_byte_{undisturbed_term_s};
    RecentLeast per_byte_{undisturbed_term_s};
    RecentMost rate_{rate_term_s};
    std::optional<Sums> span_;  // the one that is under way
    Sums basis_;                // of what is undisturbed: more answers, or their mean is chance
    bool slow_by_itself_ = false;
    double service_s_ = 0;
};

}  // namespace s3pipes
