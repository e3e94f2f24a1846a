// How a simulated store behaves in time. Times in seconds, sizes in bytes, rates per second.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace s3pipes::sim {

// All are doubles, so that each can be named and set. docs/simulator.md has the sources.
struct Settings {
    // The first byte comes after max(floor, lognormal(median, sigma)) + added.
    double first_byte_median_s = 0;
    double first_byte_sigma = 0;
    double first_byte_floor_s = 0;
    double first_byte_added_s = 0;
    // A share of requests waits between least and most instead, evenly.
    double tail_share = 0;
    double tail_least_s = 1;
    double tail_most_s = 10;
    // A page of a listing takes this instead of the first byte's median, plus what is added.
    double list_page_s = 0;

    // A connection's bandwidth: lognormal(median, sigma) within least and most. Median 0: no limit.
    double connection_bytes_per_s = 0;
    double connection_sigma = 0;
    double connection_least_bytes_per_s = 0;
    double connection_most_bytes_per_s = 0;
    double link_bytes_per_s = 0;  // of all connections together, shared fairly; 0: no limit

    // Of one prefix, with a burst of one second; more is answered with 503. 0: no limit.
    double reads_per_s = 0;
    double writes_per_s = 0;

    double connect_s = 0;                // from the accept to the first read
    double tls_s = 0;                    // more, where TLS is spoken
    double idle_s = 0;                   // a connection that is idle for longer is closed; 0: none
    double requests_per_connection = 0;  // the last of so many says "Connection: close"; 0: any

    // One address (1: the first; 0: none) has this share of the bandwidth, and as much later bytes.
    double slow_address = 0;
    double slow_factor = 0.2;

    double clock_offset_s = 0;   // its clock runs ahead by that, or (negative) behind
    double token_life_s = 3600;  // of the session tokens that it hands out
};

struct Setting {
    std::string_view name;
    double Settings::* value;
};
std::span<const Setting> all_settings();

// none, s3-standard, s3-express, far. Throws std::invalid_argument, as the next does.
Settings profile(std::string_view name);
void set(Settings& settings, std::string_view name, double value);

}  // namespace s3pipes::sim
