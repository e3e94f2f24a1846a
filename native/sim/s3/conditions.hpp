// If-Match and its kin.
#pragma once

#include <cstdint>

#include "sim/s3/call.hpp"
#include "sim/s3/object.hpp"

namespace s3pipes::sim {

// Of a GET or HEAD. True where it is to be answered with 304; throws PreconditionFailed.
bool is_not_modified(const Call& call, const Object& object);

// The same of the source of a copy, whose headers are x-amz-copy-source-if-*. It has no 304.
void check_source(const Call& call, const Object& object);

// Of a PUT or the completion of an upload: `object` is what is there, or null. Throws
// PreconditionFailed, or NoSuchKey for If-Match where there is nothing.
void check_write(const Call& call, const Object* object);

}  // namespace s3pipes::sim
