// When an answer is late, and what is done about it.
#pragma once

#include <cstdint>

#include "core/policy/path.hpp"
#include "core/policy/spread.hpp"

namespace s3pipes {

// One answer in a thousand of S3's takes seconds, a connection may fall to bytes per second, and
// another request is answered in tens of milliseconds. So what is later than nearly all others gets
// a second request beside it (a hedge), as long as these are few: a fiftieth of the answers pays
// for them, the last of that is kept for the latest, and none is sent where many fail. What stands
// nearly still for seconds is given up for another attempt. Where many are late at once it may be
// the store that is: then few are looked after at a time.
//
// Pure, on a given clock, which stands while the loop does: our own absence is nobody's lateness.
// Our reader's is not either: a body is asked for only when its memory is there, and read at once.
class Lateness {
  public:
    void answered(double first_byte_s) noexcept;
    void served(const Served& served) noexcept;
    void failed() noexcept;  // an attempt, by the fault of the store or of the way to it

    // From when on a first byte is late.
    double patience_s() const noexcept { return patience_s_; }
    // And so is the answer to a question beside the data, which may be two requests.
    double question_patience_s() const noexcept;
    double usual_first_byte_s() const noexcept { return usual_first_byte_s_; }
    double usual_seconds_per_byte() const noexcept { return seconds_per_byte_; }

    // How one request stands.
    struct Standing {
        bool begun = false;       // its body has
        double waited_s = 0;      // for its first byte, or as long as the body has been coming
        double since_look_s = 0;  // and since it was looked at last...
        std::uint64_t bytes = 0;  // ...so many came
        double slow_s = 0;        // for so long they have been far fewer than others'
        std::uint64_t left = 0;   // to come
        bool doubled = false;     // a second one is on its way already
    };
    enum class Cure : std::uint8_t { none, hedge, replace };
    struct Look {
        Cure cure = Cure::none;
        bool slow = false;  // Standing::slow_s goes on
        double again_s = 0;
    };
    // `running`: requests of the store on their way. `throttled`: it asks for fewer.
    Look look(const Standing& standing, int running, bool throttled, double now_s) noexcept;

    static constexpr double looked_every_s = 0.06;

  private:
    bool too_many(int running, double now_s) noexcept;
    double reluctance() const noexcept;  // times as late as one has to be
    Look look_at_head(const Standing& standing) const noexcept;
    Look look_at_body(const Standing& standing) const noexcept;

    Spread first_bytes_;
    double patience_s_ = looked_every_s;  // nothing is known: it is looked at, and nothing done
    double usual_first_byte_s_ = 0;
    double seconds_per_byte_ = 0;
    double failing_ = 0;  // share of the last attempts
    double credit_ = 16;  // second requests
    // Late ones in the time between two looks, and in that before; and those looked after.
    std::int64_t turn_ = 0;
    int late_now_ = 0;
    int late_before_ = 0;
    int cured_ = 0;
};

}  // namespace s3pipes
