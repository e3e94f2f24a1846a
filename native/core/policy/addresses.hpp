// The addresses of one name: which of them the next connection goes to.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/policy/line_figures.hpp"

namespace s3pipes {

class Line;

// Connections are spread evenly over all addresses; one that clearly delivers less gets fewer, one
// that delivers less than half of what the others do is left: its connections end after the answer
// under way. Now and then a single connection tries it again. Belongs to one event loop.
class Addresses : public std::enable_shared_from_this<Addresses> {
  public:
    using Clock = std::chrono::steady_clock;
    using Time = Clock::time_point;

    // A name may stand for more addresses than one look-up tells.
    static constexpr std::size_t most = 32;
    static constexpr std::chrono::minutes kept_for{5};    // without being found again
    static constexpr std::chrono::seconds aside_for{30};  // after a failure to connect
    static constexpr std::chrono::seconds first_pause{30};
    static constexpr std::chrono::seconds longest_pause{960};  // between two tries of one left

    // One address, to look at.
    struct View {
        std::string address;
        double weight;  // its share of new connections: 1, or less
        std::size_t connections;
        double latency_s;  // to the first byte; 0: not known
        double rate;       // bytes per second of one connection; 0: not known
        bool left;
        bool aside;
    };

    Addresses() = default;
    Addresses(const Addresses&) = delete;
    Addresses& operator=(const Addresses&) = delete;

    // What a look-up found, best first. Earlier ones stay for a while, unless they failed.
    void found(const std::vector<std::string>& addresses, Time now);
    bool empty() const noexcept { return places_.empty(); }

    // The place of a new connection, which counts from now on. `avoid`, the mark() of a line that
    // failed, is chosen only where there is no other.
    std::unique_ptr<Line> choose(Time now, std::uint64_t avoid = 0);
    // All addresses in the order to try them, the line's own first.
    std::vector<std::string> order(const Line& line, Time now) const;

    // It failed to connect: used only where nothing else is left, for a while.
    void put_aside(const std::string& address, Time now);

    std::vector<View> view(Time now) const;

  private:
    friend class Line;

    // Figures of one line, of this moment or the last it had. A line needs no slot of its own for
    // ever: where there are more lines than slots, those that answered last have them.
    struct Slot {
        LineFigures figures;
        std::uint64_t line = 0;
        Time at;
        bool ended = false;
    };
    struct Place {
        std::string address;
        Time found_at;
        bool in_last = false;  // of the last look-up
        std::size_t connections = 0;
        std::uint64_t chosen = 0;
        Time aside_until{};
        double weight = 1;
        bool left = false;
        std::uint64_t probe = 0;  // the line that tries it again
        Time probe_at{};
        Time returned_at{};
        std::chrono::seconds pause{0};
        std::array<Slot, 16> slots;
        std::size_t next_slot = 0;

        // No further connection goes there, unless there is nothing else.
        bool aside(Time now) const noexcept {
            return aside_until > now || (!in_last && now - found_at > kept_for);
        }
    };
    // How long an answer of the usual size takes, and how far that can be trusted.
    struct Estimate {
        Place* place = nullptr;
        double log_latency = 0;
        double log_rate = 0;
        int answers = 0;
        int rated = 0;  // lines that tell a rate
        double log_time = 0;
        double variance = 0;

        void add(const LineFigures& figures) noexcept;
        void settle() noexcept;  // sums to means
    };

    // Behind the median of the others, as a logarithm of time, and the doubt in that.
    struct Lag {
        double by;
        double doubt;
    };

    Place* find(const std::string& address) const;
    void drop(Time now);
    void keep_enough(Time now);
    void answered(Line& line, const AnswerFigures& answer, Time now);
    void review(Time now);
    void judge_probe(Place& place, const Line& line, Time now);
    void leave(Place& place, Time now);
    void rejoin(Place& place, Time now);
    static Estimate estimate(const Place& place, Time now);
    std::vector<Estimate> estimates(Time now) const;
    void put_times(std::vector<Estimate>& all) const;
    static Lag lag_of(const Estimate& one, const std::vector<Estimate>& all);

    std::vector<std::unique_ptr<Place>> places_;
    double usual_bytes_ = 0;  // of an answer, and its latency
    double usual_log_latency_ = 0;
    int answers_ = 0;  // that usual_bytes_ comes from
    std::uint64_t choices_ = 0;
    std::uint64_t lines_ = 0;
    Time next_review_{};
};

// One connection's place among the addresses of its name.
class Line {
  public:
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    const std::string& address() const noexcept { return place_->address; }
    std::uint64_t mark() const noexcept { return mark_; }
    // Another address answered first.
    void moved_to(const std::string& address);

    // Whether answered() is of use: with one address there is nothing to compare.
    bool compared() const noexcept { return addresses_->places_.size() > 1; }
    void answered(const AnswerFigures& answer, Addresses::Time now) {
        addresses_->answered(*this, answer, now);
    }
    // False: the address is left, and this connection should end with its answer.
    bool stays() const noexcept { return !place_->left || place_->probe == id_; }

  private:
    friend class Addresses;
    Line(std::shared_ptr<Addresses> addresses, Addresses::Place& place);
    void join(Addresses::Place& place);
    void part();

    std::shared_ptr<Addresses> addresses_;
    Addresses::Place* place_;
    std::uint64_t id_;
    std::uint64_t mark_ = 0;
    std::size_t slot_ = 0;
    LineFigures figures_;
    Addresses::Time first_answer_{};
};

}  // namespace s3pipes
