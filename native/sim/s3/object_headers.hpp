// The headers that an object keeps, and those that it is sent with.
#pragma once

#include "sim/s3/call.hpp"
#include "sim/s3/object.hpp"

namespace s3pipes::sim {

// Of a PUT, a copy, a new upload: Content-Type and its kin, x-amz-meta-*. Throws MetadataTooLarge.
Headers kept_headers(const Call& call);

// Appends all but those that tell of ranges and checksums.
void append_object_headers(Headers& out, const Object& object, const Query& query);

}  // namespace s3pipes::sim
