// Connections to the addresses of one name, on a clock of their own: S3's latencies and bandwidths.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "core/policy/addresses.hpp"

namespace s3pipes::test {

inline std::vector<std::string> some_addresses(std::size_t count) {
    std::vector<std::string> all;
    for (std::size_t i = 1; i <= count; ++i) all.push_back("10.0.0." + std::to_string(i));
    return all;
}

class AddressTraffic {
  public:
    struct Shape {
        std::size_t addresses = 8;
        std::size_t connections = 64;
        std::uint64_t body_bytes = 2 << 20;
        int answers_per_connection = 100;
        bool tail = true;  // one answer in a thousand takes 1 to 10 s
    };

    AddressTraffic(Shape shape, std::uint64_t seed) : shape_(shape), chance_(seed) {
        addresses->found(some_addresses(shape.addresses), time(0));
        for (std::size_t i = 0; i < shape.connections; ++i) open();
    }

    // What the address delivers of what it should: bandwidth, and latency in turn.
    void slow(const std::string& address, double factor) { factors_[address] = factor; }

    void run_until(double end_s) {
        while (!due_.empty() && due_.top().at_s <= end_s) {
            Event event = due_.top();
            due_.pop();
            now_s_ = event.at_s;
            finish(event.connection);
        }
        now_s_ = end_s;
    }

    Addresses::View view(const std::string& address) const {
        for (const auto& one : addresses->view(time(now_s_)))
            if (one.address == address) return one;
        return {};
    }
    std::size_t left() const {
        const auto all = addresses->view(time(now_s_));
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [](const auto& one) { return one.left; }));
    }
    // The first moment within `end_s` at which the address is left, or not left; else `end_s`.
    double until(const std::string& address, bool left, double end_s) {
        while (now_s_ < end_s && view(address).left != left) run_until(now_s_ + 0.05);
        return now_s_;
    }

    double now_s() const { return now_s_; }
    double delivered() const { return delivered_; }
    std::map<std::string, int> opened;  // connections, by address
    const std::shared_ptr<Addresses> addresses = std::make_shared<Addresses>();

    static Addresses::Time time(double s) {
        return Addresses::Time(std::chrono::hours(1)) +
               std::chrono::duration_cast<Addresses::Clock::duration>(
                   std::chrono::duration<double>(s));
    }

  private:
    struct Connection {
        std::unique_ptr<Line> line;
        double rate = 0;
        int answers = 0;
        AnswerFigures coming;
    };
    struct Event {
        double at_s;
        std::shared_ptr<Connection> connection;
        bool operator<(const Event& other) const { return at_s > other.at_s; }
    };

    double normal() { return std::normal_distribution<double>()(chance_); }
    double uniform() { return std::uniform_real_distribution<double>()(chance_); }
    double factor_of(const Connection& connection) {
        const auto found = factors_.find(connection.line->address());
        return found == factors_.end() ? 1 : found->second;
    }

    void open() {
        auto connection = std::make_shared<Connection>();
        connection->line = addresses->choose(time(now_s_));
        connection->rate = std::clamp(57 * std::exp(0.35 * normal()), 25.0, 93.0) * (1 << 20);
        ++opened[connection->line->address()];
        ask(connection);
    }

    void ask(const std::shared_ptr<Connection>& connection) {
        const double factor = factor_of(*connection);
        double latency_s = std::max(0.010, 0.027 * std::exp(0.62 * normal()));
        if (shape_.tail && uniform() < 0.001) latency_s = 1 + 9 * uniform();
        connection->coming = {latency_s / factor, shape_.body_bytes,
                              static_cast<double>(shape_.body_bytes) / connection->rate / factor};
        due_.push(
            {now_s_ + connection->coming.first_byte_s + connection->coming.body_s, connection});
    }

    void finish(const std::shared_ptr<Connection>& held) {
        Connection& connection = *held;
        delivered_ += static_cast<double>(connection.coming.bytes);
        connection.line->answered(connection.coming, time(now_s_));
        const bool ends = ++connection.answers >= shape_.answers_per_connection * (0.5 + uniform());
        if (!ends && connection.line->stays()) return ask(held);
        connection.line.reset();
        open();
    }

    Shape shape_;
    std::mt19937_64 chance_;
    std::map<std::string, double> factors_;
    std::priority_queue<Event> due_;
    double now_s_ = 0;
    double delivered_ = 0;
};

}  // namespace s3pipes::test
