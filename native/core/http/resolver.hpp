// The addresses of a name, remembered for a while and used in turn.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace s3pipes {

class Resolver {
  public:
    using Address = boost::asio::ip::tcp::endpoint;
    using Clock = std::chrono::steady_clock;

    static constexpr std::chrono::seconds fresh_for{60};  // then a name is looked up anew
    static constexpr std::chrono::seconds aside_for{30};  // an address that failed to connect

    explicit Resolver(boost::asio::io_context& loop);

    // All addresses in the order to try them: the families alternate, each call starts one further,
    // those put aside come last. Throws Error{connection} if there are none, Error{timeout} at
    // `deadline`. Where a new look-up fails, what the last one found stays in use.
    boost::asio::awaitable<std::vector<Address>> resolve(std::string host, std::uint16_t port,
                                                         Clock::time_point deadline);

    void put_aside(const Address& address);

    // `found` with its two families in turn.
    static std::vector<Address> interleaved(const std::vector<Address>& found);

  private:
    struct Name;

    void look_up(const std::string& host, const std::shared_ptr<Name>& name);
    std::vector<Address> in_turn(Name& name, std::uint16_t port);

    boost::asio::io_context& loop_;
    boost::asio::ip::tcp::resolver resolver_;
    std::unordered_map<std::string, std::shared_ptr<Name>> names_;
    std::map<Address, Clock::time_point> aside_;
};

}  // namespace s3pipes
