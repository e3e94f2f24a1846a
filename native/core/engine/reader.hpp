// Who reads: the streams of one loader, in order, under one window.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/engine/wait.hpp"
#include "core/policy/retry.hpp"
#include "core/policy/window_policy.hpp"
#include "core/store/object_store.hpp"

namespace s3pipes {

class Engine;
class ObjectStream;
class Scheduler;

struct ReadRules {
    std::optional<std::uint64_t> chunk_bytes;   // nullopt: 8 MiB, and less from a near store
    std::optional<std::uint64_t> window_bytes;  // nullopt: found by WindowPolicy
    std::optional<int> lookahead;               // objects open ahead of the consumer at most
    RetryRules retry;
};

// What of an object is read, and where it goes.
struct OpenRequest {
    std::shared_ptr<ObjectStore> store;
    std::string key;
    std::optional<ObjectMeta> known;  // from a listing: saves asking
    std::uint64_t begin = 0;
    std::uint64_t end = UINT64_MAX;  // exclusive; the object's end if that comes first
    bool contiguous = false;         // as one piece of memory outside the budget...
    // ...or into this, which must outlive the stream's requests and is never null.
    std::optional<std::span<std::byte>> into;
    std::uint64_t tag = 0;  // handed back by next_ready
};

// The window spans all streams of the reader: when the present object nears its end the bytes ahead
// are the next object's. Double buffering is a window of two chunks.
class Reader : public std::enable_shared_from_this<Reader> {
  public:
    Reader(std::shared_ptr<Engine> engine, ReadRules rules);
    ~Reader();

    // Nothing is sent before start(): several are opened for the price of waking a loop once.
    std::shared_ptr<ObjectStream> open(OpenRequest request);
    void start();

    // Whether one more object should be opened ahead of the consumer.
    bool has_room(std::size_t open_ahead) const;

    // The tag of a stream that can be read without waiting, whichever is first; each stream is
    // given once.
    std::uint64_t next_ready(const Poll& poll);

    const ReadRules& rules() const noexcept { return rules_; }

  private:
    friend class ChunkSink;
    friend class ObjectStream;
    friend class Scheduler;

    void adapt(bool near);

    // One request asks for so many bytes at most.
    std::uint64_t chunk_bytes() const noexcept {
        return rules_.chunk_bytes.value_or(near_ ? near_chunk_bytes : far_chunk_bytes);
    }
    std::uint64_t window() const noexcept {
        return rules_.window_bytes ? *rules_.window_bytes : policy_.bytes();
    }

    std::shared_ptr<ObjectStream> next_unready() const;

    const std::shared_ptr<Engine> engine_;
    const ReadRules rules_;

    static constexpr std::uint64_t far_chunk_bytes = 8 << 20;
    static constexpr std::uint64_t near_chunk_bytes = 2 << 20;

    // Guarded by the scheduler's mutex.
    bool near_ = false;
    bool far_for_good_ = false;  // a reader of two stores does not change with every answer
    WindowPolicy policy_;
    std::uint64_t outstanding_ = 0;                     // bytes asked for and not yet consumed
    std::uint64_t delivered_ = 0;                       // bytes consumed
    std::uint64_t size_guess_ = 1 << 20;                // of an object whose size nobody told us
    std::map<std::uint64_t, ObjectStream*> fetchable_;  // with bytes to ask for, in opening order
    std::deque<std::uint64_t> ready_;                   // tags
    std::condition_variable ready_changed_;
};

}  // namespace s3pipes
