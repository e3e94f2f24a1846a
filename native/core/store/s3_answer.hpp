// What the head of an answer says of the object's bytes, held against what was asked.
#pragma once

#include <optional>
#include <string>

#include "core/http/response_head.hpp"
#include "core/store/object_store.hpp"
#include "core/words/error.hpp"

namespace s3pipes {

struct BodyPlace {
    ObjectMeta meta;
    ByteRange range;
    bool sized = true;  // false: meta.size and range are not known
};

// A 200 or 206 without the marks of S3: a page of whoever stands between, or an error in the
// clothes of a success. Every object has an ETag.
bool is_no_object(const ResponseHead& head);

// Of a 200 or 206. Throws Error{bad_response}.
BodyPlace place_of(const GetRequest& request, const ResponseHead& head);

// What it says of the bytes in that place, or of all parts of the object, where that is it.
std::optional<ObjectChecksum> checksum_of(const ResponseHead& head, const BodyPlace& place);

// The object's size as a 416 tells it, in its head or in S3's words; nullopt where it does not.
std::optional<std::uint64_t> size_in_refusal(const ResponseHead& head, const std::string& body);

// Whether another connection had better be asked: this one may lie again.
bool speaks_against(const Error& error) noexcept;

// An answer that breaks the rules.
Error contradiction(const ResponseHead& head, std::string message);

}  // namespace s3pipes
