// The lines by which a running simulator is asked and changed: one in on stdin, one JSON out.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>
#include <string_view>

#include "sim/program/objects.hpp"
#include "sim/server/world.hpp"

namespace s3pipes::sim {

class Control {
  public:
    explicit Control(World& world, std::uint64_t seed) : world_(world), seed_(seed) {}

    // set NAME=NUMBER; objects BUCKET/PATTERN:COUNT:SIZE; bucket NAME; stats;
    // settings. Ends with stdin.
    boost::asio::awaitable<void> run(boost::asio::posix::stream_descriptor& in);

    void add(const Objects& objects);
    void add_bucket(const std::string& name);

  private:
    std::string answer(std::string_view line);
    std::string stats() const;
    std::string settings() const;

    World& world_;
    std::uint64_t seed_;
};

// Text as JSON has it, quotes included.
std::string json_text(std::string_view text);
// One whole line, at once.
void print_line(std::string_view line);

}  // namespace s3pipes::sim
