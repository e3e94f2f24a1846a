// Everybody who waits is called in time.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "sim/server/clock.hpp"

using namespace s3pipes::sim;

namespace {

// Waits again as often as it is told, each time for so long.
class Again final : public Clock::Waiter {
  public:
    Again(Clock& clock, double every_s, int times)
        : clock_(clock), every_s_(every_s), left_(times) {
        wait();
    }

    void due(double now_s) override {
        latest_s = std::max(latest_s, now_s - due_s_);
        ++called;
        if (--left_ > 0) wait();
    }

    double latest_s = 0;
    int called = 0;

  private:
    void wait() {
        due_s_ = Clock::now_s() + every_s_;
        clock_.call_at(due_s_, *this);
    }

    Clock& clock_;
    const double every_s_;
    int left_;
    double due_s_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_server_clock, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(who_waits_anew_for_long_delays_nobody_else) {
    boost::asio::io_context context;
    Clock clock(context);
    struct Sweep final : Clock::Waiter {
        Clock& clock;
        Clock::Waiter& last;
        explicit Sweep(Clock& clock_, Clock::Waiter& last_) : clock(clock_), last(last_) {}
        void due(double now_s) override { clock.call_at(now_s + 0.5, last); }
    };
    Again last(clock, 0.001, 1);
    Sweep sweep(clock, last);
    clock.call_at(Clock::now_s() + 0.002, sweep);
    Again first_bytes(clock, 0.02, 10);
    context.run();
    BOOST_TEST(last.called == 2);
    BOOST_TEST(first_bytes.called == 10);
    // And not when the sweep's next turn has come.
    BOOST_TEST(first_bytes.latest_s < 0.25);
}

BOOST_AUTO_TEST_SUITE_END()
