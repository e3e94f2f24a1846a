// One page of ListObjectsV2.
#pragma once

#include <string_view>

#include "core/words/object.hpp"

namespace s3pipes {

// Reads the body of a ListObjectsV2 answer; keys come out decoded where it says <EncodingType>url.
// Common prefixes are passed over. Throws Error{not_s3} for anything but a ListBucketResult,
// Error{bad_response} for one that contradicts itself (truncated, yet without a token to go on).
ListPage parse_list_page(std::string_view xml);

}  // namespace s3pipes
