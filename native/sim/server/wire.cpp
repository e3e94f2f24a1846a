#include "sim/server/wire.hpp"

#include <linux/sockios.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace s3pipes::sim {
namespace {

constexpr std::size_t record_bytes = 16 << 10;

}  // namespace

Wire::Wire(Socket socket, SSL_CTX* tls) : socket_(std::move(socket)) {
    boost::system::error_code ignored;  // the peer may be gone already
    socket_.native_non_blocking(true, ignored);
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    if (tls == nullptr) return;
    tls_.reset(SSL_new(tls));
    SSL_set_fd(tls_.get(), socket_.native_handle());
    SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

long Wire::shake_hands() {
    if (!socket_.is_open()) return over;
    const int result = SSL_accept(tls_.get());
    return result == 1 ? 0 : after_tls(result);
}

long Wire::take(std::span<std::byte> into) {
    if (!socket_.is_open()) return over;  // another connection may have its descriptor by now
    if (tls_) {
        return after_tls(SSL_read(tls_.get(), into.data(), static_cast<int>(into.size())));
    }
    const ssize_t got = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
    return got == 0 ? over : after_call(got, Socket::wait_read);
}

long Wire::put(std::span<const iovec> pieces, bool more) {
    if (!socket_.is_open()) return over;
    if (tls_) {
        const auto size = std::min(pieces.front().iov_len, record_bytes);
        return after_tls(SSL_write(tls_.get(), pieces.front().iov_base, static_cast<int>(size)));
    }
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
    return after_call(::sendmsg(socket_.native_handle(), &message, flags), Socket::wait_write);
}

void Wire::reset() noexcept {
    boost::system::error_code ignored;
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

bool Wire::left() const noexcept {
    if (!socket_.is_open()) return true;
    pollfd asked{const_cast<Socket&>(socket_).native_handle(), POLLRDHUP, 0};
    return ::poll(&asked, 1, 0) == 1;
}

std::size_t Wire::unsent() const noexcept {
    int bytes = 0;
    if (!socket_.is_open()) return 0;
    if (::ioctl(const_cast<Socket&>(socket_).native_handle(), SIOCOUTQ, &bytes) != 0) return 0;
    return static_cast<std::size_t>(bytes);
}

void Wire::put_garbage() noexcept {
    // The head of a record of application data, and no such record.
    constexpr std::size_t body = 64;
    std::array<unsigned char, 5 + body> record{0x17, 0x03, 0x03, 0, body};
    for (std::size_t i = 5; i < record.size(); ++i) record[i] = static_cast<unsigned char>(37 * i);
    if (socket_.is_open()) {
        (void)::send(socket_.native_handle(), record.data(), record.size(), MSG_NOSIGNAL);
    }
}

void Wire::end_sending() noexcept {
    if (!socket_.is_open()) return;
    if (tls_) SSL_shutdown(tls_.get());
    ERR_clear_error();
    ::shutdown(socket_.native_handle(), SHUT_WR);
}

long Wire::after_tls(int result) {
    if (result > 0) return result;
    const int error = SSL_get_error(tls_.get(), result);
    ERR_clear_error();
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return over;
    awaited_ = error == SSL_ERROR_WANT_READ ? Socket::wait_read : Socket::wait_write;
    return blocked;
}

long Wire::after_call(ssize_t result, Socket::wait_type awaits) {
    if (result >= 0) return result;
    awaited_ = awaits;
    return errno == EAGAIN || errno == EINTR ? blocked : over;
}

}  // namespace s3pipes::sim
