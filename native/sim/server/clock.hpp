// One timer for all that waits for its time.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <vector>

namespace s3pipes::sim {

// Whoever is due is called in ticks at least 100 us apart: thousands of paced connections then cost
// few wake-ups, and a pace makes good for what a tick is late.
class Clock {
  public:
    class Waiter {
      public:
        virtual void due(double now_s) = 0;

      protected:
        ~Waiter() = default;
    };

    explicit Clock(boost::asio::io_context& context) : timer_(context) {}

    static double now_s() noexcept;  // steady
    // `waiter` lives until then.
    void call_at(double at_s, Waiter& waiter);

  private:
    struct Entry {
        double at_s;
        Waiter* waiter;
        bool operator<(const Entry& other) const noexcept { return at_s > other.at_s; }
    };

    void arm(double at_s);
    void tick();

    boost::asio::steady_timer timer_;
    std::vector<Entry> heap_;  // the earliest in front
    double armed_s_ = 0;       // 0: not
    double ticked_s_ = 0;
};

}  // namespace s3pipes::sim
