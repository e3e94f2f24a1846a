// The body of a request, as x-amz-content-sha256 says it was sent.
#pragma once

#include "sim/s3/call.hpp"
#include "sim/s3/signature.hpp"

namespace s3pipes::sim {

// Takes the body out of its frame and checks it against what was signed; `seal` is null where
// signatures are not checked. Throws Fault.
void receive_payload(Call& call, const Seal* seal);

}  // namespace s3pipes::sim
