#include "core/http/other_scheme.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "core/http/pool.hpp"
#include "core/words/error.hpp"

namespace s3pipes {
namespace {

// It answers at once, or was no such server.
constexpr std::chrono::milliseconds patience{2000};

}  // namespace

boost::asio::awaitable<bool> speaks_other_scheme(Pool& pool, Endpoint endpoint) {
    endpoint.tls = !endpoint.tls;
    endpoint.trust = endpoint.tls ? TlsTrust::make(false, "") : nullptr;
    endpoint.connect_timeout = std::min(endpoint.connect_timeout, patience);
    endpoint.progress_timeout = std::min(endpoint.progress_timeout, patience);
    const std::string question =
        "HEAD / HTTP/1.1\r\nHost: " + endpoint.authority() + "\r\nConnection: close\r\n\r\n";
    try {
        const Lease lease = co_await pool.acquire(endpoint, true);
        if (!endpoint.tls) co_await lease->exchange(question, true);
        lease->cut();  // for nothing else
        co_return true;
    } catch (const Error& error) {
        if (error.kind == ErrorKind::cancelled) throw;
    }
    co_return false;
}

}  // namespace s3pipes
