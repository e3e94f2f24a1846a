// TCP sockets, opened and closed so that programs which this one starts, and children that it
// forks, make no difference.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

namespace s3pipes {

// Non-blocking, and not passed on to other programs.
boost::system::error_code open_socket(boost::asio::ip::tcp::socket& socket,
                                      const boost::asio::ip::tcp& family);

// The connection ends here and at the peer, even where a fork's child holds its descriptor too.
// Pending operations end as cancelled.
void end_socket(boost::asio::ip::tcp::socket& socket) noexcept;

}  // namespace s3pipes
