// How often a store is asked, once it has said that it is asked too often.
#pragma once

namespace s3pipes {

// S3 takes so many requests a second for one prefix, and refuses the rest (503 SlowDown). Fewer at
// once would not be fewer a second: what is refused is refused quickly. So requests go out at a
// rate: what was accepted lately, a little less, and from there on a little more every second,
// until there are refusals again. After the manner of AIMD, by what was accepted instead of by
// halves. A refusal now and then is no limit: whatever was refused waits, and nothing else does.
//
// Pure, on a given clock.
class Pace {
  public:
    bool active() const noexcept { return per_s_ > 0; }
    double per_s() const noexcept { return per_s_; }  // 0: as it likes

    // When the next request may go out; one place in the row is taken by it.
    double slot_s(double now_s) noexcept;

    void accepted(double now_s) noexcept;
    void refused(double now_s) noexcept;

  private:
    bool too_many_refused(double now_s) const noexcept;
    void look(double now_s) noexcept;

    double per_s_ = 0;
    double next_s_ = 0;
    double began_s_ = 0;  // of the present term
    int accepted_ = 0;    // in it
    int refused_ = 0;
    double before_per_s_ = 0;  // accepted in the term before
    double calm_since_s_ = 0;
    double binding_s_ = 0;  // last time that somebody had to wait for it
};

}  // namespace s3pipes
