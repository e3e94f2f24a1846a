// The consumer's end of a download.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "core/engine/read/scheduler.hpp"
#include "core/engine/wait.hpp"
#include "core/memory/view.hpp"

namespace s3pipes {

// Thrown in place of a wait where there is no `poll`. Nothing has been read.
struct WouldWait {};

// Reads one object from its position on. The methods block (without the GIL) and throw Failure,
// Orphaned, or whatever `poll` throws; with an empty `poll`, WouldWait. Used by one thread at a
// time. close() may come from any thread: who reads then, or later, gets a Failure of kind
// cancelled.
class Cursor {
  public:
    Cursor(std::shared_ptr<Engine> engine, std::shared_ptr<Download> download,
           Scheduler::Stream* stream);
    ~Cursor();
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;

    // Until reading can begin: a whole small object is there, or the head of a large one.
    ObjectMeta wait_ready(const Poll& poll);
    bool ready() const;  // wait_ready() need not wait
    ObjectMeta meta(const Poll& poll);
    // One past the last byte to read.
    std::uint64_t end(const Poll& poll);

    std::uint64_t tell() const noexcept { return position_; }
    void seek(std::uint64_t position);

    // What needs no wait: so many of `bytes` that read() would copy; nullopt: it would wait...
    std::optional<std::uint64_t> at_hand(std::uint64_t bytes) const;
    bool line_at_hand(std::uint64_t limit) const;  // ...a line of at most so many bytes...
    bool view_at_hand() const;                     // ...and the rest of a chunk.
    // All bytes, where they are here in one piece already; the memory becomes the user's.
    std::optional<View> whole_at_hand();
    // Copies up to into.size() bytes, fewer only at the end.
    std::size_t read(std::span<std::byte> into, const Poll& poll);
    // What is left of the present chunk, without a copy; the memory becomes the user's. Empty at
    // the end. `last`, if any, is told whether nothing comes after it.
    View next_view(const Poll& poll, bool* last = nullptr);
    // Appends up to and including the next '\n', at most `limit` bytes.
    void read_line(std::string& line, std::size_t limit, const Poll& poll);
    // All bytes as one piece; does not move the position.
    View whole(const Poll& poll);

    // Of one piece: writes to the eventfd `descriptor`, once, when whole() need not wait or
    // will throw. For event loops that must not block. The descriptor is duplicated.
    void notify(int descriptor);

    // Cancels what runs and gives the memory back. With `settle`, returns only when no event loop
    // writes to the caller's memory any more.
    void close(bool settle = false);

  private:
    using Lock = std::unique_lock<std::mutex>;

    Lock lock() const;          // throws Orphaned
    View here() const;          // the bytes in place from the position on, of the present chunk
    void check_open() const;    // throws where nothing can come any more
    void require_meta() const;  // throws why there is none
    template <typename Decide>
    void decide(Decide take);  // with the lock held
    void moved();
    template <typename Ready>
    void wait(Lock& lock, const Poll& poll, Ready ready);
    // The chunk at the position, once `enough` bytes of it are in place, it ends, or it failed;
    // nullptr at the end. Throws where no byte is left to give.
    std::shared_ptr<Chunk> bytes_at_position(Lock& lock, std::uint64_t enough, const Poll& poll);
    template <typename Read>
    void from_here(Read read);
    std::size_t copy_into(std::span<std::byte> into, const Poll& poll);
    void append_line(std::string& line, std::size_t limit, const Poll& poll);
    void consume(std::uint64_t count);
    void collect(Lock& lock, const Poll& poll);  // all bytes into one piece
    void abandon(Lock& lock);                    // the one piece, as if nothing had been fetched

    const std::shared_ptr<Engine> engine_;
    std::shared_ptr<Download> download_;
    std::uint64_t position_;  // as the queue's, for a fork's child too

    // Guarded by the engine's mutex.
    Scheduler::Stream* stream_;  // none: closed
};

}  // namespace s3pipes
