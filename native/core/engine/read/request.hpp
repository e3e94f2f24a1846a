// What is read, and by which rules.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/memory/destination.hpp"
#include "core/policy/retry.hpp"
#include "core/store/object_store.hpp"
#include "core/words/object.hpp"

namespace s3pipes {

// Of a reader.
struct ReadRules {
    std::optional<std::uint64_t> chunk_bytes;   // nullopt: found by chunk_bytes_for()
    std::optional<std::uint64_t> window_bytes;  // nullopt: found by the lane
    std::optional<int> lookahead;               // objects open ahead of the consumer at most
    RetryRules retry;
    bool in_order = true;  // false: the consumer takes what is ready first

    static constexpr std::uint64_t uncut = UINT64_MAX;  // chunk_bytes: one request per object
};

// What of an object is read, and where it goes.
struct OpenRequest {
    std::shared_ptr<ObjectStore> store;
    std::string key;
    std::optional<ObjectMeta> known;  // from a listing: saves asking
    std::uint64_t begin = 0;
    std::uint64_t end = UINT64_MAX;  // exclusive; the object's end if that comes first
    // Memory of the user's must outlive the requests: close(true) waits for their end.
    Destination destination = Destination::chunks();
    bool glance = false;    // perhaps no more than the first bytes will be read
    std::uint64_t tag = 0;  // handed back by next_ready
};

}  // namespace s3pipes
