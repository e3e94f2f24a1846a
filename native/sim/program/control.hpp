// The lines by which a running simulator is asked and changed: one in on stdin, one JSON out.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>
#include <string_view>

#include "sim/program/objects.hpp"
#include "sim/server/server.hpp"
#include "sim/server/world.hpp"

namespace s3pipes::sim {

class Control {
  public:
    Control(World& world, Server& server, std::uint64_t seed)
        : world_(world), server_(server), seed_(seed) {}

    // set NAME=NUMBER; objects BUCKET/PATTERN:COUNT:SIZE; bucket NAME; stats; settings;
    // fault KIND NAME=VALUE...; clear_faults; fault_log FROM; overwrite BUCKET KEY;
    // door ADDRESS open|refused|black_hole; reset_connections. Values, buckets and keys of the last
    // line but one are percent-encoded; address 0 is all. Ends with stdin.
    boost::asio::awaitable<void> run(boost::asio::posix::stream_descriptor& in);

    void add(const Objects& objects);
    void add_bucket(const std::string& name);

  private:
    std::string answer(std::string_view line);
    std::string stats() const;
    std::string settings() const;
    std::string fault_log(std::string_view from) const;
    void overwrite(std::string_view bucket_and_key);
    void set_door(std::string_view address_and_door);

    World& world_;
    Server& server_;
    std::uint64_t seed_;
};

// Text as JSON has it, quotes included.
std::string json_text(std::string_view text);
// One whole line, at once.
void print_line(std::string_view line);

}  // namespace s3pipes::sim
