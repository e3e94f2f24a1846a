#include "core/store/credential_cell.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>

#include "core/words/error.hpp"

namespace s3pipes {

boost::asio::awaitable<void> CredentialCell::brought() const {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    while (wanted()) {
        timer.expires_after(std::chrono::milliseconds(50));
        const auto [ended] =
            co_await timer.async_wait(boost::asio::as_tuple(boost::asio::deferred));
        if (ended) throw Error(ErrorKind::cancelled, "the wait for new credentials was given up");
    }
}

}  // namespace s3pipes
