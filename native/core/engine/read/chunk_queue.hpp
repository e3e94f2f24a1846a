// The chunks of one object between the network, which fills them, and a reader, who uses them up.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <vector>

#include "core/engine/read/chunk.hpp"
#include "core/engine/read/object_check.hpp"
#include "core/memory/destination.hpp"
#include "core/words/object.hpp"

namespace s3pipes {

// Pure: no clock, thread or I/O; in the engine its mutex guards it. Both sides see what is there;
// each changes it by its own end alone, and then tells the scheduler.
class ChunkQueue {
  public:
    struct Wish {
        ByteRange range{0, UINT64_MAX};   // the end may lie beyond the object's
        std::optional<ObjectMeta> known;  // from a listing
        // At a glance: nobody has said that more than the first bytes will be read.
        bool glance = false;
        // What comes is held against the object's checksum, if all of it is read.
        bool check = false;
    };

    ChunkQueue(Wish wish, Destination destination);
    ChunkQueue(const ChunkQueue&) = delete;
    ChunkQueue& operator=(const ChunkQueue&) = delete;

    class ReadEnd;
    class FillEnd;

    const std::optional<ObjectMeta>& meta() const noexcept { return meta_; }
    std::uint64_t begin() const noexcept { return wish_.range.begin; }
    std::uint64_t end() const noexcept;  // one past the last byte to read; UINT64_MAX: not known
    std::uint64_t position() const noexcept { return position_; }  // the reader's
    std::uint64_t left() const noexcept { return position_ < end() ? end() - position_ : 0; }
    std::uint64_t size() const noexcept { return end() > begin() ? end() - begin() : 0; }
    bool closed() const noexcept { return closed_; }
    // Reading can begin: a whole small object is there, or the head of a large one, or a failure.
    bool ready() const noexcept;
    // All bytes are in one piece, or will never be: nothing is left to wait for.
    bool settled() const noexcept { return closed_ || first_failure() || complete(); }
    bool complete() const noexcept;
    const Failure* first_failure() const noexcept;
    bool is_single(const Chunk& chunk) const noexcept;
    std::shared_ptr<Chunk> chunk_at(std::uint64_t position) const noexcept;
    // What the reader waits for is neither here nor on its way.
    bool starves() const noexcept;
    bool is_one_piece() const noexcept { return destination_.is_one_piece(); }
    std::uint64_t outstanding_bytes() const noexcept { return outstanding_; }
    std::uint64_t delivered_bytes() const noexcept { return delivered_; }
    std::size_t running() const noexcept { return running_; }  // requests, given up ones included
    const ObjectCheck& check() const noexcept { return check_; }
    // Whose requests are over, and which the reader has not passed.
    std::vector<std::shared_ptr<Chunk>> complete_chunks() const;
    // Changes when what is known of the object turned out wrong, and it is read anew: bytes of
    // before are none of it.
    std::uint32_t edition() const noexcept { return edition_; }

    friend std::ostream& operator<<(std::ostream& out, const ChunkQueue& queue) {
        return queue.print(out);
    }

  private:
    // Who may want a few bytes here and there gets so many at first.
    static constexpr std::uint64_t first_step_bytes = 128 << 10;
    static constexpr std::uint64_t unbounded = UINT64_MAX;

    std::ostream& print(std::ostream& out) const;
    // Its bytes are lost, and its request ends. `spare`: one that is nearly done ends by itself,
    // for to call it off would cost its connection.
    void forget(const std::shared_ptr<Chunk>& chunk, bool spare = false);
    void release(Chunk& chunk);  // used up: out of the window
    void restart(std::uint64_t position, bool spare = false);

    Wish wish_;
    std::optional<ObjectMeta> meta_;
    const bool wished_one_piece_;  // from the start, and not only by gather()
    Destination destination_;
    std::deque<std::shared_ptr<Chunk>> chunks_;  // without gaps
    std::uint64_t next_begin_;                   // where the next request starts
    std::uint64_t position_;
    std::uint64_t wanted_until_ = 0;  // the reader waits for the bytes up to here
    std::uint64_t run_begin_;         // it has read on from here without a seek
    // Of a request. Bounded where little is known of the reader: then no bytes are fetched ahead
    // either, until reading is seen to go on.
    std::uint64_t step_bytes_ = unbounded;
    ObjectCheck check_;
    bool again_ = false;  // all has been fetched again, because it was not what the store said
    std::uint32_t edition_ = 0;
    bool handed_out_ = false;  // the reader has had bytes of it
    bool closed_ = false;
    bool gathering_ = false;  // the reader waits for all bytes, in whatever order they come
    std::uint64_t outstanding_ = 0;
    std::uint64_t delivered_ = 0;
    std::size_t running_ = 0;
    std::size_t pending_ = 0;                       // of chunks_, those under way
    std::size_t failed_ = 0;                        // of chunks_
    std::vector<std::shared_ptr<Chunk>> given_up_;  // and not yet told to who carries them out
};

// What the reader does.
class ChunkQueue::ReadEnd {
  public:
    explicit ReadEnd(ChunkQueue& queue) : queue_(queue) {}

    // Moves without a request; require() makes ready for it.
    void seek(std::uint64_t position);
    // The bytes at the position will be asked for, wherever the last request ended.
    void require();
    // So many bytes from the position on will be read for certain.
    void want(std::uint64_t bytes) noexcept;
    // Reading goes on to the end.
    void read_on() noexcept;
    // All bytes, at once, in whatever order they come.
    void want_all() noexcept;
    void consume(std::uint64_t bytes);
    // The one chunk of a small object becomes the user's.
    void claim();
    // From now on all bytes go into one piece, from the first on; the size is known.
    void gather(Arena& arena);
    // Where a chunk belongs in the one piece; gathered(): it is there.
    View place_of(const Chunk& chunk) const;
    void gathered(Chunk& chunk);
    View all() const;
    // Calls off gather(), as if nothing had been fetched.
    void abandon();
    void close();

  private:
    void widen() noexcept;

    ChunkQueue& queue_;
};

// What the scheduler does, and the task that brings the bytes.
class ChunkQueue::FillEnd {
  public:
    explicit FillEnd(ChunkQueue& queue) : queue_(queue) {}

    // The range to ask for next, at most `largest` bytes, `guess` where the size is not known and
    // nobody waits. nullopt: nothing is left, or the size must come first.
    std::optional<ByteRange> next(std::uint64_t largest, std::uint64_t guess) const;
    // Bytes may be asked for before the reader waits for them.
    bool reads_ahead() const noexcept;
    // `counted`: as so many bytes of the window, until the head tells.
    std::shared_ptr<Chunk> start(ByteRange range, Charge charge, std::uint64_t counted);
    // The head of an answer. True for the first. Throws Error where it contradicts what is known.
    bool learn(const ObjectMeta& meta);
    // What one answer told was not so: this is. What lies ahead is fetched anew. False where it was
    // the listing that told, or the reader has had bytes of what is another version.
    bool correct(const ObjectMeta& meta);
    // Memory for the chunk, now that its real end is known.
    void place(Chunk& chunk, Arena& arena);
    void finish(Chunk& chunk, std::unique_ptr<const Failure> failure);

    ObjectCheck& check() noexcept { return queue_.check_; }
    // The object's checksum had better be asked for: all of it will be read, in several chunks.
    bool wants_checksum() const noexcept;
    // Of the last chunk, which is held until all of the object has come and the store has told what
    // it adds up to.
    enum class Verdict : std::uint8_t { none_yet, agrees, unprovable, differs };
    struct Judgement {
        Verdict verdict = Verdict::none_yet;
        std::string found;  // as the value of the object's checksum, where it differs
    };
    Judgement judge() const;
    void accept();
    void refuse(std::unique_ptr<const Failure> failure);
    // All is fetched once more. False: it has been already, or the reader has had bytes of it.
    bool fetch_again();

    // Of a request that could not be made.
    void fail(ByteRange range, std::unique_ptr<const Failure> failure);
    bool holds_memory() const noexcept;  // of the budget, which it could give up
    void give_up_last();                 // what the reader needs last
    std::vector<std::shared_ptr<Chunk>> take_given_up() noexcept;
    void check_fits() const;  // throws Error where the user's memory is too small

  private:
    std::shared_ptr<Chunk> held() const noexcept;
    void make_ready(Chunk& chunk);
    void make_failed(Chunk& chunk, std::unique_ptr<const Failure> failure);

    ChunkQueue& queue_;
};

}  // namespace s3pipes
