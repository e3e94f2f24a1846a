// The addresses of names, remembered for a while, and which of them is next.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/policy/addresses.hpp"

namespace s3pipes {

class Resolver {
  public:
    using Address = boost::asio::ip::tcp::endpoint;
    using Clock = std::chrono::steady_clock;

    static constexpr std::chrono::seconds fresh_for{60};  // then nobody goes on without a look-up
    // Amazon answers with some of its addresses, others every few seconds: so often one is made
    // beside what goes on.
    static constexpr std::chrono::seconds renewed_after{5};

    struct Host {
        std::string name;
        std::uint16_t port = 0;
        std::vector<std::string> addresses;  // none: they are looked up

        auto operator<=>(const Host&) const = default;
    };
    struct Route {
        std::vector<Address> order;  // to try them in: all
        std::unique_ptr<Line> line;  // a connection to the first; null where the host is an address
    };
    struct View {
        std::string host;
        std::uint16_t port;
        std::vector<Addresses::View> addresses;
    };

    explicit Resolver(boost::asio::io_context& loop);

    // Where the next connection goes; see Addresses. Throws Error{connection} if there is no
    // address, Error{timeout} at `deadline`. Where a new look-up fails, what the last one found
    // stays in use.
    boost::asio::awaitable<Route> resolve(Host host, Clock::time_point deadline,
                                          std::uint64_t avoid = 0);

    void put_aside(const Address& address);

    std::vector<View> view() const;  // of the names used so far

    // `found` with its two families in turn.
    static std::vector<Address> interleaved(const std::vector<Address>& found);

  private:
    struct Name;

    std::shared_ptr<Name> name_of(const Host& host);
    void look_up(const std::string& host, const std::shared_ptr<Name>& name);
    static Route route(const Host& host, Name& name, std::uint64_t avoid);

    boost::asio::io_context& loop_;
    boost::asio::ip::tcp::resolver resolver_;
    std::map<Host, std::shared_ptr<Name>> names_;
};

}  // namespace s3pipes
