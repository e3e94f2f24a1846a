// The seam between the engine and a store: the smallest thing that serves objects. One call is one
// attempt; when to try again is the engine's to decide.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/words/error.hpp"
#include "core/words/object.hpp"

namespace s3pipes {

struct GetRequest {
    std::string key;
    std::optional<ByteRange> range;           // nullopt: the whole object
    std::string if_match;                     // an ETag, or empty
    std::optional<std::uint64_t> known_size;  // stands in for a length that the server omits
};

// Where the body of one answer goes.
class BodySink {
  public:
    virtual ~BodySink() = default;
    // The head is in: `body` follows, of an object described by `meta`. Returns the memory for it;
    // where that is shorter than the body, the rest is not read.
    virtual std::span<std::byte> begin(const ObjectMeta& meta, ByteRange body) = 0;
    // So many bytes of that memory are in place, in all.
    virtual void advanced(std::size_t total) = 0;
};

// Called on the thread of the event loop whose index is given; ended there by cancelling the
// coroutine. All throw Error.
//
// Shared from itself, so that Python's reference to it is never the one that an event loop drops:
// that would need the GIL.
class ObjectStore : public std::enable_shared_from_this<ObjectStore> {
  public:
    virtual ~ObjectStore() = default;

    virtual boost::asio::awaitable<void> get(std::size_t loop, const GetRequest& request,
                                             BodySink& sink) = 0;
    virtual boost::asio::awaitable<ObjectMeta> head(std::size_t loop, const std::string& key) = 0;
    virtual boost::asio::awaitable<ListPage> list_page(std::size_t loop, const std::string& prefix,
                                                       const std::string& token, int max_keys) = 0;

    // Who answers: the same for all stores that share a server.
    virtual const std::string& origin() const = 0;
    // How messages name an object of this store.
    virtual std::string url_of(const std::string& key) const = 0;
    // Somebody who can has been asked for new credentials, and they have not come yet.
    virtual bool awaits_credentials() const = 0;
    virtual void ask_for_credentials() = 0;
};

}  // namespace s3pipes
