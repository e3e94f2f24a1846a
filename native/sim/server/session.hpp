// One connection, from its accept to its end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/mishaps/lies.hpp"
#include "sim/server/delivery.hpp"
#include "sim/server/nap.hpp"
#include "sim/server/request_reader.hpp"
#include "sim/server/wire.hpp"
#include "sim/server/world.hpp"

namespace s3pipes::sim {

class Session {
  public:
    // `address`: which of the server's, counted from 1. One that is `mute` reads and says nothing.
    Session(World& world, Wire::Socket socket, unsigned address, bool mute);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    boost::asio::awaitable<void> run();

    // Ends the connection if it has been idle for too long.
    void look_at_clock(double now_s);
    // Ends it now, whatever it does: the client sees a reset.
    void reset() noexcept;

  private:
    // An answer complete with what physics decided about it.
    struct Outgoing : Framed {
        double begins_s = 0;       // on the clock
        double bytes_per_s = 0;    // 0: no limit
        std::optional<Hit> hit;    // that befalls it on its way
        std::uint64_t hit_at = 0;  // of the body's bytes
    };

    boost::asio::awaitable<bool> open();
    boost::asio::awaitable<bool> read_request();
    boost::asio::awaitable<bool> wait();
    boost::asio::awaitable<bool> say(std::string_view text);
    boost::asio::awaitable<bool> deliver(Outgoing outgoing);
    boost::asio::awaitable<void> leave();

    // session_mishaps.cpp has these: nothing of it runs where no rule is set.
    boost::asio::awaitable<bool> befall(Outgoing outgoing);
    boost::asio::awaitable<bool> send(const Outgoing& outgoing, Delivery::Stretch stretch);
    boost::asio::awaitable<bool> send_slowly(double for_s);
    boost::asio::awaitable<bool> pause(double for_s);
    boost::asio::awaitable<void> drain();
    boost::asio::awaitable<bool> cut_handshake();
    void answer_with_mishaps(Outgoing& out, Request& request);
    bool answer_instead(Outgoing& out, const Aim& aim, Request& request);
    bool befalls(const MishapRule& rule, const Answer& answer) const noexcept;

    Outgoing decide(Request& request, double read_at_s);
    double slowness() const noexcept;
    void write_head(const Outgoing& outgoing);

    World& world_;
    Wire wire_;
    unsigned address_;
    std::uint64_t number_;
    std::uint64_t requests_ = 0;
    RequestReader reader_;
    Delivery delivery_;
    Nap nap_;
    std::string head_;
    std::unique_ptr<std::byte[]> inbox_;
    std::size_t inbox_begin_ = 0, inbox_end_ = 0;  // what was received and is not used yet
    double idle_since_s_ = 0;                      // 0: busy
    double ends_s_ = 0;                            // where not 0: no later than then
    bool out_of_time_ = false;
    bool mute_ = false;
    bool cut_ = false;  // by a mishap, not by the client
};

}  // namespace s3pipes::sim
