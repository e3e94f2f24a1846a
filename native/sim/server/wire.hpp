// A connection's bytes: TCP, or TLS over it. Nothing here waits.
#pragma once

#include <openssl/ssl.h>
#include <sys/uio.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <span>

namespace s3pipes::sim {

class Wire {
  public:
    using Socket = boost::asio::ip::tcp::socket;

    // `tls` null: plain.
    Wire(Socket socket, SSL_CTX* tls);

    Socket& socket() noexcept { return socket_; }
    bool tls() const noexcept { return tls_ != nullptr; }

    // Each returns bytes moved, `blocked` where awaited() must come first, or `over`.
    static constexpr long blocked = -1;
    static constexpr long over = -2;
    long shake_hands();  // 0: done
    long take(std::span<std::byte> into);
    // `more` will follow at once: no packet of its own for what is not full.
    long put(std::span<const iovec> pieces, bool more);

    Socket::wait_type awaited() const noexcept { return awaited_; }
    void end_sending() noexcept;  // says that nothing more comes

    // Ends the connection at once: the client sees a reset. All that is called later says `over`.
    void reset() noexcept;
    bool left() const noexcept;           // the client has gone, or this was reset
    std::size_t unsent() const noexcept;  // bytes that have not reached the client's kernel
    void put_garbage() noexcept;          // under TLS: a record that nobody can decipher

  private:
    struct Free {
        void operator()(SSL* tls) const noexcept { SSL_free(tls); }
    };
    long after_tls(int result);
    long after_call(ssize_t result, Socket::wait_type awaits);

    Socket socket_;
    std::unique_ptr<SSL, Free> tls_;
    Socket::wait_type awaited_ = Socket::wait_read;
};

}  // namespace s3pipes::sim
