// Answers that come in place of the one that was asked for.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/mishaps/lies.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/request.hpp"

namespace s3pipes::sim {

// S3's refusal that the hit stands for. Of error_200 and html too, which finish_instead completes.
Fault fault_instead(const Hit& hit, const Request& request, std::int64_t now_s, bool tls);
void finish_instead(Framed& framed, const Hit& hit);

}  // namespace s3pipes::sim
