#include "core/http/transport.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "core/http/socket.hpp"
#include "core/words/error.hpp"

namespace s3pipes {
namespace {

std::string seconds(std::chrono::milliseconds time) {
    char text[32];
    std::snprintf(text, sizeof text, "%g s", static_cast<double>(time.count()) / 1000.0);
    return text;
}

std::string os_reason(int number) {
    return std::system_category().message(number);
}

}  // namespace

void Transport::FreeTls::operator()(ssl_st* tls) const noexcept {
    // Otherwise OpenSSL takes the session for damaged, and the next connection cannot resume it.
    SSL_set_shutdown(tls, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(tls);
}

Transport::Transport(boost::asio::ip::tcp::socket socket, Watchdog& watchdog, std::string peer,
                     std::chrono::milliseconds progress_timeout)
    : socket_(std::move(socket)),
      watchdog_(watchdog),
      peer_(std::move(peer)),
      progress_timeout_(progress_timeout) {
    wire_.fd = socket_.native_handle();
}

Transport::~Transport() {
    close();
}

void Transport::opens_within(std::chrono::milliseconds patience) {
    open_timeout_ = patience;
    watchdog_.arm(*this, patience);
}

void Transport::opened() {
    open_timeout_ = std::chrono::milliseconds(0);
    disarm();
}

void Transport::expect_progress() {
    if (open_timeout_.count() == 0) watchdog_.arm(*this, progress_timeout_);
}

// A wake-up costs several microseconds, whether it finds 20 KB or 1 MB. So the kernel is asked to
// wait for a block, as large as the connection brings in a few milliseconds: on a fast one half
// a megabyte, on a slow one so little that nobody waits for it.
void Transport::hold_back(std::size_t certain) {
    constexpr std::size_t tls_overhead = 32 << 10;  // part of a record may be in OpenSSL's buffer
    if (tls_) certain = certain > 2 * tls_overhead ? certain - tls_overhead : 1;
    const std::size_t wanted = wants_write_ ? 1 : std::min(certain, block_);
    if (wanted != low_water_) set_low_water(wanted);
    if (wanted > 1) held_back_at_ = std::chrono::steady_clock::now();
}

void Transport::set_low_water(std::size_t bytes) noexcept {
    const int value = static_cast<int>(bytes);
    ::setsockopt(wire_.fd, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value);
    low_water_ = bytes;
}

void Transport::adapt_block() noexcept {
    using std::chrono::milliseconds;
    const auto waited = std::chrono::steady_clock::now() - held_back_at_;
    if (waited < milliseconds(2)) {
        block_ = std::min<std::size_t>(block_ * 2, 512 << 10);
    } else if (waited > milliseconds(10)) {
        block_ = std::max<std::size_t>(block_ / 2, 16 << 10);
    }
}

void Transport::expired() noexcept {
    if (low_water_ > 1) {
        int arrived = 0;
        if (::ioctl(wire_.fd, FIONREAD, &arrived) == 0 && arrived > 0) {
            // Slower than the block supposed, but alive: the wait ends now.
            block_ = 16 << 10;
            set_low_water(1);
            watchdog_.arm(*this, progress_timeout_);
            return;
        }
    }
    stalled_ = true;
    close();
}

void Transport::woke(const boost::system::error_code& failure) {
    if (open_timeout_.count() == 0) disarm();
    if (low_water_ > 1) adapt_block();
    wire_.drained = false;
    require_open();
    if (failure == boost::asio::error::operation_aborted) fail_closed();
    if (failure) fail(failure.message());
}

void Transport::require_open() const {
    if (!is_open()) [[unlikely]]
        fail_closed();
}

void Transport::fail_closed() const {
    if (!stalled_) {
        throw Error(ErrorKind::cancelled,
                    "the request to " + peer_ + " was given up by its reader");
    }
    if (open_timeout_.count() != 0) {
        throw Error(ErrorKind::timeout, "no connection to " + peer_ + ": it took the socket, but " +
                                            "was not ready for requests in time");
    }
    throw Error(ErrorKind::timeout,
                "no byte moved from or to " + peer_ + " for " + seconds(progress_timeout_));
}

void Transport::fail(const std::string& how) const {
    throw Error(ErrorKind::connection, "the connection to " + peer_ + " broke: " + how);
}

std::size_t Transport::take_plain(std::span<std::byte> into) {
    require_open();
    // A short recv has left nothing behind. Asking once more would only say so.
    if (wire_.drained || ended_) return 0;
    ssize_t got = 0;
    do got = ::recv(wire_.fd, into.data(), into.size(), 0);
    while (got < 0 && errno == EINTR);
    wants_write_ = false;
    if (got > 0) {
        wire_.drained = static_cast<std::size_t>(got) < into.size();
        return static_cast<std::size_t>(got);
    }
    if (got == 0) {
        ended_ = true;
    } else if (errno != EAGAIN && errno != EWOULDBLOCK) {
        fail(os_reason(errno));
    }
    return 0;
}

std::size_t Transport::take_tls(std::span<std::byte> into) {
    require_open();
    std::size_t taken = 0;
    while (taken < into.size() && !ended_) {
        std::size_t got = 0;
        ERR_clear_error();
        const int result = SSL_read_ex(tls_.get(), into.data() + taken, into.size() - taken, &got);
        if (result != 1) {
            after_tls(result);
            break;
        }
        taken += got;
    }
    return taken;
}

std::size_t Transport::put(std::span<const std::byte> bytes) {
    require_open();
    if (tls_) {
        std::size_t sent = 0;
        ERR_clear_error();
        const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent);
        if (result == 1) return sent;
        after_tls(result);
        if (ended_) fail("the peer closed it");
        return 0;
    }
    ssize_t sent = 0;
    do sent = ::send(wire_.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno != EAGAIN && errno != EWOULDBLOCK) fail(os_reason(errno));
    wants_write_ = true;
    return 0;
}

boost::asio::awaitable<void> Transport::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const std::size_t sent = put(bytes);
        bytes = bytes.subspan(sent);
        if (sent != 0) continue;
        auto [failure] = co_await ready();
        woke(failure);
    }
    wants_write_ = false;
    // The answer takes a while: to look for it at once would be in vain.
    wire_.drained = !tls_;
}

void Transport::after_tls(int result) {
    switch (SSL_get_error(tls_.get(), result)) {
        case SSL_ERROR_WANT_READ: wants_write_ = false; return;
        case SSL_ERROR_WANT_WRITE: wants_write_ = true; return;
        case SSL_ERROR_ZERO_RETURN: ended_ = true; return;
        default: break;
    }
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (wire_.os_error != 0) fail(os_reason(wire_.os_error));
    if (wire_.ended) fail("the peer closed it without TLS's farewell");
    const char* reason = ERR_reason_error_string(code);
    fail(std::string("TLS: ") + (reason != nullptr ? reason : "protocol error"));
}

boost::asio::awaitable<void> Transport::start_tls(const TlsTrust& trust, const std::string& host,
                                                  TlsSession& session) {
    require_open();
    tls_.reset(trust.new_client(wire_, host, session));
    for (;;) {
        ERR_clear_error();
        const int result = SSL_do_handshake(tls_.get());
        if (result == 1) co_return;
        if (trust.verifies() && SSL_get_verify_result(tls_.get()) != X509_V_OK) {
            ERR_clear_error();
            fail_certificate(host);
        }
        if (wire_.plain) fail_plain(session.get() != nullptr);
        after_tls(result);
        if (ended_) fail("the peer closed it during the TLS handshake");
        auto [failure] = co_await ready();
        woke(failure);
    }
}

void Transport::fail_certificate(const std::string& host) const {
    const long verdict = SSL_get_verify_result(tls_.get());
    throw Error(ErrorKind::certificate,
                "the certificate that " + peer_ + " shows for " + host +
                    " is not valid: " + X509_verify_cert_error_string(verdict));
}

void Transport::fail_plain(bool spoke_tls_before) const {
    ERR_clear_error();
    // Who spoke it before is out of order, and may be well again soon.
    throw Error(spoke_tls_before ? ErrorKind::connection : ErrorKind::wrong_scheme,
                peer_ + " does not speak TLS: it answered a handshake with plain text");
}

bool Transport::quiet() noexcept {
    if (!is_open() || ended_ || (tls_ && SSL_has_pending(tls_.get()) == 1)) return false;
    char byte = 0;
    const ssize_t got = ::recv(wire_.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    wire_.drained = false;
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Transport::release_buffers() noexcept {
    if (tls_) SSL_free_buffers(tls_.get());
}

void Transport::close() noexcept {
    disarm();
    wire_.fd = -1;
    end_socket(socket_);
}

}  // namespace s3pipes
