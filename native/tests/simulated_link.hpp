// A link on a simulated clock: bytes as a fluid, shared fairly by all that stream at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace s3pipes::test {

class SimulatedClock {
  public:
    double now_s = 0;

    void at(double later_s, std::function<void()> happen) {
        events_.emplace(now_s + later_s, std::move(happen));
    }

    bool idle() const { return events_.empty(); }
    double next_s() const { return events_.begin()->first; }

    void step() {
        if (++steps_ > 50'000'000) throw std::logic_error("the simulation does not end");
        const auto event = events_.begin();
        now_s = event->first;
        const auto happen = std::move(event->second);
        events_.erase(event);
        happen();
    }

  private:
    std::multimap<double, std::function<void()>> events_;
    std::uint64_t steps_ = 0;
};

class SimulatedLink {
  public:
    explicit SimulatedLink(SimulatedClock& clock,
                           double bytes_per_s = std::numeric_limits<double>::infinity())
        : clock_(clock), bytes_per_s_(bytes_per_s) {}

    void change(double bytes_per_s) {
        flow_on();
        bytes_per_s_ = bytes_per_s;
        share();
    }

    // Of a connection that carries at most so much by itself.
    void stream(std::uint64_t bytes, double connection_bytes_per_s, std::function<void()> done) {
        flow_on();
        const Flow flow{static_cast<double>(bytes), connection_bytes_per_s, 0, std::move(done)};
        // By what one carries: then the first ones that get less than a fair share come first.
        flows_.insert(
            std::upper_bound(flows_.begin(), flows_.end(), flow,
                             [](const Flow& a, const Flow& b) { return a.most < b.most; }),
            flow);
        share();
    }

    double carried_bytes() {
        flow_on();
        return carried_;
    }

  private:
    struct Flow {
        double left;
        double most;
        double rate;
        std::function<void()> done;
    };
    static constexpr double nothing = 1e-6;  // of a byte

    void flow_on() {
        const double seconds = clock_.now_s - since_s_;
        since_s_ = clock_.now_s;
        for (Flow& flow : flows_) {
            const double moved = std::min(flow.left, flow.rate * seconds);
            flow.left -= moved;
            carried_ += moved;
        }
    }

    void share() {
        double left = bytes_per_s_;
        std::size_t sharing = flows_.size();
        double next_s = std::numeric_limits<double>::infinity();
        for (Flow& flow : flows_) {
            flow.rate = std::min(flow.most, left / static_cast<double>(sharing--));
            left -= flow.rate;
            next_s = std::min(next_s, flow.left / flow.rate);
        }
        if (flows_.empty()) return;
        clock_.at(next_s, [this, turn = ++turn_] {
            if (turn == turn_) end();
        });
    }

    void end() {
        flow_on();
        std::vector<std::function<void()>> ended;
        std::erase_if(flows_, [&](Flow& flow) {
            // What the clock cannot resolve counts as done.
            if (flow.left > nothing && flow.left > flow.rate * 1e-9) return false;
            ended.push_back(std::move(flow.done));
            return true;
        });
        share();
        for (const auto& done : ended) done();
    }

    SimulatedClock& clock_;
    double bytes_per_s_;
    std::vector<Flow> flows_;
    double since_s_ = 0;
    double carried_ = 0;
    std::uint64_t turn_ = 0;
};

}  // namespace s3pipes::test
