// The seam between the engine and a store: the smallest thing that serves objects. One call is one
// attempt; when to try again is the engine's to decide.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/s3/object_checksum.hpp"
#include "core/words/carrier.hpp"
#include "core/words/error.hpp"
#include "core/words/object.hpp"

namespace s3pipes {

struct GetRequest {
    std::string key;
    std::optional<ByteRange> range;           // nullopt: the whole object
    std::string if_match;                     // an ETag, or empty
    std::optional<std::uint64_t> known_size;  // stands in for a length that the server omits
    std::uint64_t avoid = 0;                  // Error::from of an attempt before
};

struct ListRequest {
    std::string prefix;
    std::string token;  // of the page; empty: the first one
    int max_keys = 0;   // 0: as many as the server likes
    // Only keys beyond this one; where there is no token, which says itself where to go on.
    std::string after = {};
};

// Where the body of one answer goes.
class BodySink {
  public:
    struct Place {
        std::span<std::byte> into;
        std::uint64_t behind = 0;  // the body's first bytes, which nobody wants
    };

    virtual ~BodySink() = default;
    // The request goes out from here on.
    virtual void asked() noexcept {}
    // By whom the answer comes, from the request on; null: by nobody now.
    virtual void carried(Carrier*) noexcept {}
    // What the store says of the bytes of this answer. Comes before begin(), or not at all.
    virtual void checksum(const ObjectChecksum&) {}
    // The head is in: `body` follows, of an object described by `meta`. Returns where it goes;
    // where that is shorter than the body, the rest is not read.
    virtual Place begin(const ObjectMeta& meta, ByteRange body) = 0;
    // So many bytes of that memory are in place, in all.
    virtual void advanced(std::size_t total) = 0;
    // Room for a body that has to be collected before begin() because nobody tells its size:
    // `bytes` in all so far. False: there is no memory for it.
    virtual bool reserve(std::uint64_t bytes) = 0;
    // All that there is memory for is in place. Throws Error where the bytes are not what they
    // should be: then another connection had better bring them.
    virtual void filled() {}
};

// Called on the thread of an event loop; ended there by cancelling the coroutine. Requests and
// sinks must outlive the call. All throw Error.
//
// Shared from itself, so that Python's reference to it is never the one that an event loop drops:
// that would need the GIL.
class ObjectStore : public std::enable_shared_from_this<ObjectStore> {
  public:
    virtual ~ObjectStore() = default;

    // Ends when a request need not wait for anything of ours, such as new credentials. Who counts
    // the time to an answer waits for this first.
    virtual boost::asio::awaitable<void> ready();

    virtual boost::asio::awaitable<void> get(const GetRequest& request, BodySink& sink) = 0;
    virtual boost::asio::awaitable<ObjectMeta> head(const std::string& key) = 0;
    virtual boost::asio::awaitable<ListPage> list_page(const ListRequest& request) = 0;

    // Whether it asks for checksums with every GET.
    virtual bool verifies() const { return false; }
    // Of that version of an object; nullopt where the store holds none. A request of its own.
    virtual boost::asio::awaitable<std::optional<ObjectChecksum>> checksum(const std::string& key,
                                                                           const std::string& etag);
    // Whether all parts of that version but the last have the size that `said` names. Many
    // requests.
    virtual boost::asio::awaitable<bool> has_equal_parts(const std::string& key,
                                                         const std::string& etag,
                                                         const ObjectChecksum& said);

    // Where it is: what is known of the way to it serves every store of the same origin.
    virtual const std::string& origin() const = 0;
    // How messages name an object of this store.
    virtual std::string url_of(const std::string& key) const = 0;
};

}  // namespace s3pipes
