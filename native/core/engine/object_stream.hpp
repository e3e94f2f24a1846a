// One object, read in order while it downloads.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "core/engine/chunk.hpp"
#include "core/engine/job.hpp"
#include "core/engine/reader.hpp"
#include "core/policy/nearness.hpp"

namespace s3pipes {

// Bytes with what keeps them alive.
struct Piece {
    std::shared_ptr<Buffer> owner;  // none where the memory is the caller's own
    std::byte* data = nullptr;
    std::size_t size = 0;  // 0: the end
};

// The stream came from before a fork: its requests run in the parent. Open it again here.
struct Orphaned : std::exception {
    const char* what() const noexcept override { return "the stream was opened before a fork"; }
};

// The consumer's end of a download. The methods block (without the GIL) and throw Failure, or
// whatever `poll` throws; used by one thread at a time. close() may come from any thread: who reads
// then, or later, gets a Failure of kind cancelled.
class ObjectStream : public std::enable_shared_from_this<ObjectStream> {
  public:
    ObjectStream(std::shared_ptr<Engine> engine, std::shared_ptr<Reader> reader,
                 OpenRequest request, Nearness& nearness, std::uint64_t order);
    ~ObjectStream();

    // Until reading can begin: a whole small object is there, or the head of a large one.
    ObjectMeta wait_ready(const Poll& poll);
    // As wait_ready, at once: false where it would wait.
    bool ready() const;
    ObjectMeta meta(const Poll& poll);
    // One past the last byte to read.
    std::uint64_t end(const Poll& poll);

    std::uint64_t tell() const noexcept { return position_; }
    void seek(std::uint64_t position);

    // Copies up to into.size() bytes, fewer only at the end.
    std::size_t read(std::span<std::byte> into, const Poll& poll);
    // What is left of the present chunk, without a copy; the memory becomes the user's.
    Piece next_piece(const Poll& poll);
    // Appends up to and including the next '\n', at most `limit` bytes.
    void read_line(std::string& line, std::size_t limit, const Poll& poll);
    // All bytes as one piece; does not move the position.
    Piece whole(const Poll& poll);

    // Of a contiguous stream: writes to the eventfd `descriptor`, once, when whole() need not wait
    // or will throw. For event loops that must not block. The descriptor is duplicated.
    void notify(int descriptor);

    // Cancels what runs and gives the memory back. With `settle`, returns only when no event loop
    // writes to the caller's memory any more.
    void close(bool settle = false);

  private:
    friend class Reader;
    friend class Scheduler;
    friend class ChunkSink;

    using Lock = std::unique_lock<std::mutex>;

    void check_process() const;
    void check_open() const;    // throws where nothing can come any more
    void require_meta() const;  // throws why there is none
    bool ready_locked() const;
    bool is_single(const Chunk& chunk) const;
    std::uint64_t end_locked() const;  // one past the last byte to read
    // The range to ask for next; nullopt where nothing is left or the size must come first.
    std::optional<ByteRange> next_range() const;
    std::shared_ptr<Chunk> chunk_at(std::uint64_t position) const;
    bool starves() const;        // somebody waits, and what for is not on its way
    std::uint64_t left() const;  // bytes from the position to the end
    // Gives up what is fetched and asks for nothing before it is told to.
    void halt(Lock& lock);
    void jump(Lock& lock);  // to the position, by small steps
    // Waits until `enough` bytes from the position are in place, the chunk ends, or it failed.
    std::shared_ptr<Chunk> wait_for_bytes(Lock& lock, std::uint64_t enough, const Poll& poll);
    // The same, after the size is known: nullptr at the end. Throws where no byte is left to give.
    std::shared_ptr<Chunk> bytes_at_position(Lock& lock, std::uint64_t enough, const Poll& poll);
    void wait(Lock& lock, const Poll& poll, const std::function<bool()>& ready);
    void collect(Lock& lock, const Poll& poll);  // all bytes into `whole_`
    void consume(std::uint64_t count);
    bool settled() const;  // whole() need not wait
    void tell_if_settled();
    void claim(Chunk& chunk);  // a whole small object: the user's from now on
    void announce();           // to next_ready, once
    void check_fits() const;   // throws Error where the caller's memory is too small
    void fail(Error error, ByteRange range);
    bool evict();                // true if chunks were given up
    void release(Chunk& chunk);  // out of the reader's window
    void drop_chunks();
    void enqueue();  // for prefetching, if there is something to prefetch
    void cancel_jobs();
    void cancel_job_of(const Chunk& chunk);

    const std::shared_ptr<Engine> engine_;
    const std::shared_ptr<Reader> reader_;
    const OpenRequest request_;
    Nearness& nearness_;  // of the server; guarded by the scheduler's mutex
    const std::uint64_t order_;

    std::uint64_t position_;  // the consumer's, in the object; written by its thread only

    // Guarded by the scheduler's mutex.
    std::optional<ObjectMeta> meta_;
    std::deque<std::shared_ptr<Chunk>> chunks_;  // without gaps
    std::uint64_t next_begin_;                   // where the next request starts
    static constexpr std::uint64_t whole_chunks = UINT64_MAX;
    std::uint64_t step_ = whole_chunks;  // its size: small at first after a seek
    std::uint64_t wanted_ = 0;           // what the waiting reader asked for
    std::uint64_t touched_ = 0;          // when it was last read: the oldest is evicted
    bool scattered_ = false;  // after a seek: no bytes ahead until reading is seen to be in order
    bool waiting_ = false;
    bool announced_ = false;  // handed to next_ready
    bool claimed_ = false;    // the one chunk of a small object is the user's
    bool closed_ = false;
    std::shared_ptr<Buffer> whole_buffer_;
    std::byte* whole_ = nullptr;  // where `contiguous` or `into` puts byte request_.begin
    bool whole_complete_ = false;
    std::vector<std::shared_ptr<Job>> jobs_;
    int notify_descriptor_ = -1;
    std::condition_variable changed_;
};

}  // namespace s3pipes
