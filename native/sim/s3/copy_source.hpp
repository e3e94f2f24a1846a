// What a copy is made of.
#pragma once

#include <string>

#include "sim/s3/account.hpp"
#include "sim/s3/call.hpp"

namespace s3pipes::sim {

struct CopySource {
    std::string bucket, key;
};

// The header x-amz-copy-source. Throws InvalidArgument.
CopySource parse_copy_source(const Call& call);

// Throws what a GET of it would throw.
ObjectPtr source_of_copy(Account& account, const Call& call);

// The MD5 of the content in quotes; one that is no MD5 where it would have to be computed first
// and is too large for that.
std::string etag_of_content(const Account& account, const Content& content,
                            std::string_view source_etag);

}  // namespace s3pipes::sim
