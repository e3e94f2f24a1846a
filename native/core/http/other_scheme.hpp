// Whether a server that does not answer speaks TLS where it was spoken to plainly, or plainly where
// TLS was tried.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/http/endpoint.hpp"

namespace s3pipes {

class Pool;

// Asks it so, on a connection of its own. Throws Error{cancelled}.
boost::asio::awaitable<bool> speaks_other_scheme(Pool& pool, Endpoint endpoint);

}  // namespace s3pipes
