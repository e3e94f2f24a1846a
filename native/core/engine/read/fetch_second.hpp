// A second request of a Fetch; for its own files.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "core/engine/loop.hpp"
#include "core/engine/read/fetch.hpp"

namespace s3pipes {

// Lives until its own end, whoever has won.
struct Fetch::Second {
    Second(Fetch& fetch, GetRequest request_)
        : request(std::move(request_)),
          sink(fetch.engine_, fetch.what_, request, fetch.check_, fetch),
          over(fetch.loop().context(), boost::asio::steady_timer::time_point::max()) {}

    GetRequest request;
    ChunkSink sink;
    boost::asio::cancellation_signal signal;
    boost::asio::steady_timer over;  // cancelled at its end
    std::exception_ptr thrown;
    bool is_over = false;
};

inline std::chrono::milliseconds in_milliseconds(double seconds) {
    return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
}

}  // namespace s3pipes
