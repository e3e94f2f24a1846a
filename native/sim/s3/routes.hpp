// Which operation a request asks for.
#pragma once

#include "sim/s3/account.hpp"
#include "sim/s3/answer.hpp"
#include "sim/s3/call.hpp"

namespace s3pipes::sim {

// Throws Fault, and Error{not_s3} where the request's XML is none.
Answer route(Account& account, Call& call);

}  // namespace s3pipes::sim
