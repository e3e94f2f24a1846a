#include "core/http/socket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace s3pipes {

using boost::asio::ip::tcp;

// By hand, for Asio would leave it open in every program that this process starts.
boost::system::error_code open_socket(tcp::socket& socket, const tcp& family) {
    const int fd = ::socket(family.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return {errno, boost::system::system_category()};
    boost::system::error_code failure;
    socket.assign(family, fd, failure);
    if (failure) {
        ::close(fd);
        return failure;
    }
    socket.native_non_blocking(true, failure);
    if (!failure) socket.set_option(tcp::no_delay(true), failure);
    if (!failure) socket.set_option(tcp::socket::keep_alive(true), failure);
    return failure;
}

void end_socket(tcp::socket& socket) noexcept {
    if (!socket.is_open()) return;
    ::shutdown(socket.native_handle(), SHUT_RDWR);
    // As Asio closes a socket it may leave it to the kernel to take it out of the epoll set. The
    // kernel does not while a child holds the descriptor, and whoever is given its number next
    // would be woken in its place. What is released is always taken out.
    boost::system::error_code failure;
    const int fd = socket.release(failure);
    if (!failure) {
        ::close(fd);
    } else {
        socket.close(failure);
    }
}

}  // namespace s3pipes
