// What all connections of a server share.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "sim/physics/allowance.hpp"
#include "sim/physics/draws.hpp"
#include "sim/physics/pace.hpp"
#include "sim/physics/settings.hpp"
#include "sim/server/clock.hpp"
#include "sim/server/counters.hpp"
#include "sim/s3/service.hpp"

namespace s3pipes::sim {

class Session;

struct World {
    World(boost::asio::io_context& loop, ServiceRules rules, Settings physics, std::uint64_t seed)
        : context(loop), settings(physics), draws(seed), service(std::move(rules)) {}

    boost::asio::io_context& context;
    Settings settings;  // may change at any time
    Draws draws;
    Service service;
    Clock clock{context};
    Counters counters;
    Pace link;
    std::uint64_t flowing = 0;                                 // bodies under way
    std::unordered_map<std::string, Allowance> reads, writes;  // by prefix
    std::unordered_set<Session*> sessions;
    SSL_CTX* tls = nullptr;  // null: plain
};

}  // namespace s3pipes::sim
