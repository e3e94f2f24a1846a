// Looks after what may make no progress. One timer of an event loop scans a list now and then, so
// that an operation arms and disarms its limit with a few pointer writes instead of a timer of its
// own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>

namespace s3pipes {

class Watchdog {
  public:
    static constexpr std::chrono::milliseconds usual_tick{100};

    // Something that may stall. Leaves the list by itself when destroyed.
    class Watch {
      public:
        Watch() = default;
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;

        bool armed() const noexcept { return dog_ != nullptr; }
        void disarm() noexcept;

      protected:
        virtual ~Watch() { disarm(); }

      private:
        friend class Watchdog;
        // Called once, already disarmed; may arm again or destroy any watch, itself included.
        virtual void expired() noexcept = 0;

        Watchdog* dog_ = nullptr;
        Watch* before_ = nullptr;
        Watch* after_ = nullptr;
        std::uint64_t last_tick_ = 0;
    };

    explicit Watchdog(boost::asio::io_context& loop,
                      std::chrono::milliseconds tick_length = usual_tick);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    // Nothing expires before start() or after stop(). The timer runs only while something is armed.
    void start();
    void stop();

    // Expires `watch` after `patience` of running loop, up to two ticks late, unless disarmed
    // before. Arming anew replaces the limit.
    void arm(Watch& watch, std::chrono::milliseconds patience);

    // Seconds that passed while something was armed and the loop was running.
    double now_s() const noexcept {
        return static_cast<double>(tick_) * std::chrono::duration<double>(tick_length_).count();
    }

    // How long the loop was held up by now, in all, while something was armed.
    std::chrono::steady_clock::duration held_up() const noexcept;

  private:
    void schedule();
    void scan();
    std::chrono::steady_clock::duration overdue() const noexcept;

    const std::chrono::milliseconds tick_length_;
    boost::asio::steady_timer timer_;
    std::shared_ptr<Watchdog*> self_;  // null for a timer that fires after our end
    Watch* first_ = nullptr;
    Watch* next_in_scan_ = nullptr;
    // Time is counted in ticks that ran, not read from a clock: a loop that was held up (a stopped
    // process, a suspended machine) must not take its own absence for the peer's.
    std::uint64_t tick_ = 0;
    std::chrono::steady_clock::duration held_up_{0};
    bool started_ = false;
    bool scheduled_ = false;
};

}  // namespace s3pipes
