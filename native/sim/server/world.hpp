// What all connections of a server share.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "sim/mishaps/mishaps.hpp"
#include "sim/physics/allowance.hpp"
#include "sim/physics/draws.hpp"
#include "sim/physics/pace.hpp"
#include "sim/physics/settings.hpp"
#include "sim/s3/service.hpp"
#include "sim/server/clock.hpp"
#include "sim/server/counters.hpp"

namespace s3pipes::sim {

class Session;

struct World {
    World(boost::asio::io_context& loop, ServiceRules rules, Settings physics, std::uint64_t seed)
        : context(loop),
          settings(physics),
          draws(seed),
          mishaps(seed),
          service(admitting(std::move(rules))),
          clock(loop) {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    boost::asio::io_context& context;
    Settings settings;  // may change at any time
    Draws draws;
    Mishaps mishaps;
    Service service;
    Clock clock;
    Counters counters;
    Pace link;
    std::uint64_t flowing = 0;  // bodies under way
    std::unordered_set<Session*> sessions;
    SSL_CTX* tls = nullptr;  // null: plain

    // What the simulated S3 takes for the time; seconds since 1970.
    std::int64_t unix_time_s() const {
        const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
        const std::chrono::duration<double> offset(settings.clock_offset_s);
        return std::chrono::floor<std::chrono::seconds>(since_epoch + offset).count();
    }

  private:
    using Allowances = std::unordered_map<std::string, Allowance>;  // by prefix

    ServiceRules admitting(ServiceRules rules) {
        rules.admits = [this](std::string_view prefix, bool of_reads) {
            const double rate = of_reads ? settings.reads_per_s : settings.writes_per_s;
            if (rate <= 0) return true;
            Allowance& allowance = (of_reads ? reads_ : writes_)[std::string(prefix)];
            const bool admitted = allowance.take(Clock::now_s(), rate);
            if (!admitted) ++counters.slow_downs;
            return admitted;
        };
        return rules;
    }

    Allowances reads_, writes_;
};

}  // namespace s3pipes::sim
