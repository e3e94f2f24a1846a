// How many requests to a store to have on their way at once.
#pragma once

#include <cstdint>

#include "core/policy/path.hpp"

namespace s3pipes {

// After the manner of FAST TCP: what is on its way grows while requests take no longer than
// undisturbed ones, by doubling while they do not queue at all, and rests where they take so many
// times as long: there something is at its limit (the link, the store, our processor), and more
// would only queue. A fixed number added each time lets processes that share a link come to equal
// shares. How often a store is asked that refuses some requests is for Pace to say.
//
// A near store gets what one event loop can answer: beyond that requests queue before our own
// processor, and the bytes leave its cache.
class InFlight {
  public:
    // neighbours: so many processes begin together, itself included, and divide the start.
    explicit InFlight(int ceiling, int neighbours = 1)
        : ceiling_(ceiling), neighbours_(neighbours) {}

    int limit() const noexcept;
    void raise_ceiling(int ceiling) noexcept { ceiling_ = ceiling; }

    void answered(const Nearness& nearness) noexcept;
    // True: it has asked for much less, and requests take as long as before. So they do not queue,
    // or behind others' alone: the path is to learn anew what is undisturbed.
    // `running`: requests at its end.
    bool spanned(const Span& span, int running) noexcept;

    // What keeps it from more, as it believes.
    enum class Bound : std::uint8_t {
        nothing,   // it is growing, or a near store's loop is busy enough
        reader,    // fewer are asked for: the window is full, or nothing is left to ask for
        requests,  // the ceiling
        crowding,  // the link, the store or the processor: requests queue
    };
    Bound bound() const noexcept;
    double crowding() const noexcept { return last_.crowding; }

    static constexpr double crowded = 2.5;

  private:
    int ceiling_;
    int neighbours_;
    double limit_ = 8;  // nothing is known: it may be near
    bool far_ = false;
    bool near_ = false;
    double near_limit_ = 0;
    Span last_;
    // Since requests began to queue: the limit of that time, and the most load and crowding; a
    // limit of 0 where they do not.
    double limit_before_ = 0;
    double load_before_s_ = 0;
    double crowding_before_ = 0;
};

}  // namespace s3pipes
