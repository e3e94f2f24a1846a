// A connected stream of bytes: TCP, or TLS over it.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/http/tls.hpp"
#include "core/http/watchdog.hpp"

namespace s3pipes {

class Transport final : private Watchdog::Watch {
  public:
    // `socket` is connected and non-blocking; `peer` is "host:port", for messages.
    Transport(boost::asio::ip::tcp::socket socket, Watchdog& watchdog, std::string peer,
              std::chrono::milliseconds progress_timeout);
    ~Transport() override;

    const std::string& peer() const noexcept { return peer_; }

    // All waits until opened() together may take `patience`; after it, each one progress_timeout.
    void opens_within(std::chrono::milliseconds patience);
    void opened();

    // TLS from here on. Throws Error{certificate} if the peer cannot prove that it is `host`,
    // Error{wrong_scheme} if it never spoke TLS.
    boost::asio::awaitable<void> start_tls(const TlsTrust& trust, const std::string& host,
                                           TlsSession& session);

    // Takes what is there, without waiting. 0: wait with ready(), unless ended().
    // Throws Error{connection}.
    std::size_t take(std::span<std::byte> into) { return tls_ ? take_tls(into) : take_plain(into); }
    // The peer of a TLS handshake has said something.
    bool heard() const noexcept { return wire_.heard; }
    // The peer will send nothing more, and said so in good order.
    bool ended() const noexcept { return ended_; }

    // The wait until take() may have more; its result goes to woke(). In two steps, so that the
    // caller's coroutine is the only frame. Where so many bytes will come for certain, the wake-up
    // is held back until a worthwhile part of them is there.
    auto ready(std::size_t certain = 1) {
        expect_progress();
        hold_back(certain);
        return socket_.async_wait(wants_write_ ? boost::asio::socket_base::wait_write
                                               : boost::asio::socket_base::wait_read,
                                  boost::asio::as_tuple(boost::asio::deferred));
    }
    // Throws Error{timeout} or Error{cancelled} where that is why the wait ended.
    void woke(const boost::system::error_code& failure);

    boost::asio::awaitable<void> write(std::span<const std::byte> bytes);

    // Open, and the peer has neither closed nor spoken.
    bool quiet() noexcept;
    bool is_open() const noexcept { return wire_.fd >= 0; }
    void release_buffers() noexcept;
    void close() noexcept;

  private:
    struct FreeTls {
        void operator()(ssl_st* tls) const noexcept;
    };

    void expired() noexcept override;
    void expect_progress();
    void hold_back(std::size_t certain);
    void set_low_water(std::size_t bytes) noexcept;
    void adapt_block() noexcept;
    std::size_t take_plain(std::span<std::byte> into);
    std::size_t take_tls(std::span<std::byte> into);
    std::size_t put(std::span<const std::byte> bytes);
    // Notes what OpenSSL waits for; returns if it only waits, throws what went wrong.
    void after_tls(int result);
    [[noreturn]] void fail_certificate(const std::string& host) const;
    [[noreturn]] void fail_plain(bool spoke_tls_before) const;
    [[noreturn]] void fail(const std::string& how) const;
    void require_open() const;
    [[noreturn]] void fail_closed() const;

    boost::asio::ip::tcp::socket socket_;
    Watchdog& watchdog_;
    std::string peer_;
    std::chrono::milliseconds progress_timeout_;
    std::chrono::milliseconds open_timeout_{0};  // 0: opened
    TlsSocket wire_;
    std::unique_ptr<ssl_st, FreeTls> tls_;
    std::size_t low_water_ = 1;      // SO_RCVLOWAT, as the kernel has it
    std::size_t block_ = 128 << 10;  // what is worth a wake-up at this connection's pace
    std::chrono::steady_clock::time_point held_back_at_{};
    bool wants_write_ = false;
    bool ended_ = false;
    bool stalled_ = false;
};

}  // namespace s3pipes
