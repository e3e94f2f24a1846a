// An ObjectStore in memory that misbehaves as a test's script says.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/store/credential_cell.hpp"
#include "core/store/object_store.hpp"

namespace s3pipes::test {

// Requests wait in front of it until a test opens it; cancelling ends the wait too.
class Gate {
  public:
    boost::asio::awaitable<void> pass();
    void open();
    // Blocks until so many have come to the gate, in all; false after half a minute.
    bool wait_for(int arrivals);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int arrivals_ = 0;
    std::set<boost::asio::steady_timer*> sleepers_;
};

// What becomes of one request.
struct Answer {
    std::shared_ptr<Gate> before_head;
    std::optional<Error> refuse;                // instead of an answer
    std::optional<std::uint64_t> claimed_size;  // of the object, in the head
    std::optional<std::string> claimed_etag;
    std::int64_t shift = 0;              // the head claims a body so many bytes further on
    std::uint64_t deliver = UINT64_MAX;  // so many bytes of the body, then
    std::shared_ptr<Gate> before_rest;   // wait,
    std::optional<Error> cut;            // end so, and where it is not set:
    bool stop = false;                   // end as if complete, or else go on
    std::size_t piece_bytes = 64 << 10;
    std::optional<std::uint64_t> flip;  // a bit of that byte of the object
    bool at_once = false;               // never lets the event loop go: as a cache would answer
};

class MemoryStore final : public ObjectStore {
  public:
    struct Request {
        int number;  // of this store, from 0
        int of_key;  // of this key, from 0
        GetRequest get;
        std::uint64_t delivered = 0;
        bool answered = false;
    };
    using Script = std::function<Answer(const Request&)>;

    // One byte of an object: every key and version has bytes of its own.
    static std::byte byte_of(const std::string& key, std::uint64_t offset, int version = 0);
    // Where `bytes` differ from the object's from `offset` on; their size where they do not.
    static std::size_t mismatch(std::span<const std::byte> bytes, const std::string& key,
                                std::uint64_t offset, int version = 0);

    // A later put of the same key is a new version with another ETag.
    void put(const std::string& key, std::uint64_t size);
    ObjectMeta meta(const std::string& key) const;
    // Called on a loop's thread for every GET, one at a time.
    void script(Script script);
    // From now on it tells a checksum of that kind for every object; unfit: of some other.
    void keep_checksums(ChecksumKind kind, bool unfit = false);
    // ... of parts of so many bytes; uneven: but for the second, which is smaller.
    void keep_composites(ChecksumKind kind, std::uint64_t part_bytes, bool uneven = false);
    // From now on it is asked for checksums, and has none.
    void keep_no_checksums();
    // Called for every HEAD and page of a list, with its number; what it returns is thrown.
    void script_questions(std::function<std::optional<Error>(int)> script);

    std::vector<Request> requests() const;
    int most_running() const noexcept { return most_running_.load(); }
    // Requests for bytes that were delivered before, or without If-Match after the first answer.
    // Meaningful where no stream seeks, is evicted, or knows a size without an ETag.
    std::vector<std::string> wasteful() const;

    // HEADs and pages so far.
    int asked() const;
    // They wait there.
    std::shared_ptr<Gate> before_answers;

    // Wanted after every answer that calls the credentials expired; until set, requests wait.
    CredentialCell credentials;

    boost::asio::awaitable<void> get(const GetRequest& request, BodySink& sink) override;
    boost::asio::awaitable<ObjectMeta> head(const std::string& key) override;
    boost::asio::awaitable<ListPage> list_page(const ListRequest& request) override;
    bool verifies() const override { return verifies_; }
    boost::asio::awaitable<std::optional<ObjectChecksum>> checksum(
        const std::string& key, const std::string& etag) override;
    boost::asio::awaitable<bool> has_equal_parts(const std::string& key, const std::string& etag,
                                                 const ObjectChecksum& said) override;
    const std::string& origin() const override { return origin_; }
    std::string url_of(const std::string& key) const override { return "s3://memory/" + key; }

  private:
    // Each is a place of its own.
    const std::string origin_ = [] {
        static std::atomic<int> made{0};
        return "memory-" + std::to_string(++made);
    }();
    struct Object {
        std::uint64_t size = 0;
        int version = 0;
        bool in_parts = false;
        std::string etag() const {
            return "\"v" + std::to_string(version) + (in_parts ? "-9\"" : "\"");
        }
    };

    Answer begin(const GetRequest& request, std::size_t& number);
    Object find(const std::string& key) const;
    boost::asio::awaitable<void> deliver(const std::string& key, int version, std::uint64_t offset,
                                         std::span<std::byte> into, std::uint64_t from,
                                         std::uint64_t until, const Answer& answer,
                                         std::size_t number, BodySink& sink);
    boost::asio::awaitable<void> question();
    std::optional<ObjectChecksum> checksum_of(const std::string& key) const;
    void throw_refusal(const Error& error);

    mutable std::mutex mutex_;
    std::map<std::string, Object> objects_;
    Script script_;
    std::function<std::optional<Error>(int)> questions_;
    int asked_ = 0;
    bool verifies_ = false;
    std::optional<ChecksumKind> checksums_;
    bool unfit_ = false;
    std::uint64_t part_bytes_ = 0;
    bool uneven_ = false;
    std::vector<Request> requests_;
    std::atomic<int> running_ = 0;
    std::atomic<int> most_running_ = 0;
};

}  // namespace s3pipes::test
