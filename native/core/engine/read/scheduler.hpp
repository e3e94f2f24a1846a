// Which chunk is fetched next, into whose memory; decided here and performed elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "core/engine/read/download.hpp"
#include "core/engine/read/request.hpp"
#include "core/memory/arena.hpp"
#include "core/policy/lateness.hpp"
#include "core/policy/path.hpp"
#include "core/words/stats.hpp"

namespace s3pipes {

struct Flow;
struct Todo;

// Pure: no thread, socket or clock; every call says what is to be done. Guarded by the engine's
// mutex.
//
// A reader that waits comes first, and for it others' unread chunks are given up when memory is
// short: they are fetched again when their turn comes. So a request that runs always has its
// memory, each one ends, and nobody waits for ever, whatever lies about unread. After that the
// readers take turns. Each has a window, which is counted from the object that it reads now: what
// is nearer in the order of delivery always goes before what is farther.
class Scheduler {
  public:
    using Instant = std::chrono::steady_clock::time_point;
    struct Lane;    // one reader: its objects in order, under one window
    struct Stream;  // one object of a lane

    Scheduler(Arena& arena, Stats& stats, int max_requests, std::size_t loops, int neighbours = 1);
    ~Scheduler();

    // For readers

    Lane* open_lane(const ReadRules& rules);
    void close_lane(Lane* lane);  // ends with its last stream
    // Nothing starts before begin(): several are opened for the price of waking a loop once.
    Stream* open(Lane* lane, std::shared_ptr<Download> download, std::uint64_t tag);
    Todo begin(Lane* lane);
    // How many more objects should be opened, so many being open ahead of the consumer.
    std::size_t room(const Lane* lane, std::size_t open_ahead) const;
    // The tag of a stream that can be read, each once. nullopt: wait_for_any().
    std::optional<std::uint64_t> take_ready(Lane* lane);
    Todo wait_for_any(Lane* lane);
    Todo any_came(Lane* lane);
    const std::shared_ptr<Signal>& signal_of(const Lane* lane) const noexcept;

    // For one object's reader

    Todo moved(Stream* stream);  // it has read, sought, or wants more
    // A thread sleeps, and may go beyond every limit but memory; or an event loop waits, of which
    // there may be thousands.
    enum class Waits : std::uint8_t { no, event_loop, thread };
    Todo wait(Stream* stream, Waits how, Instant now);
    Todo waits_still(Stream* stream);  // now and then: others may have left memory meanwhile
    Todo wait_over(Stream* stream);
    Todo close(Stream* stream);

    // For who carries out what was started

    Todo pump(std::size_t loop);  // starts that loop's next requests
    // The head of an answer is here, after so long. Throws Error where it is not to be believed.
    Todo answered(Stream* stream, Chunk& chunk, const ObjectMeta& meta, double first_byte_s,
                  Instant now);
    // A chunk's request is over, also one that was given up. Starts the next ones. `served`: how
    // its last attempt went, if that brought all that was missing.
    Todo ended(Stream* stream, Chunk& chunk, std::unique_ptr<const Failure> failure,
               const std::optional<Served>& served, Instant now);
    // A second look has confirmed that the object is this one, and not what the first answer told.
    // nullopt: bytes of that have been read already.
    std::optional<Todo> corrected(Stream* stream, const ObjectMeta& meta);
    // An attempt failed, and why. Seconds that the next one waits at least; `rnd`, in [0, 1), is
    // for a share of them.
    double failed(Stream* stream, ErrorKind why, Instant now, double rnd);
    // While it waits before another attempt it is not on its way, and others may be.
    Todo pauses(Stream* stream, const Chunk& chunk);
    void goes_on(Stream* stream, const Chunk& chunk) noexcept;
    // When a request may go out to a store that asks for fewer.
    Instant turn(Stream* stream, Instant now);
    // What is to be done about a request that stands so is left in `look`.
    Todo look_at(Stream* stream, const Chunk& chunk, const Lateness::Standing& standing,
                 Instant now, Lateness::Look& look);
    // What the answer for a chunk said of the bytes in it; `whole`: it was asked for the object,
    // and not for a range.
    void told(Stream* stream, Chunk& chunk, const std::optional<ObjectChecksum>& said, bool whole,
              Todo& todo);
    // What the store said of an object that is that chunk.
    void told(const Stream* stream, const std::optional<ObjectChecksum>& said);
    double question_patience_s(const Stream* stream) const noexcept;
    // What the store said of the object of a question, which may be closed by now; if it answered.
    Todo told(Stream* stream, const std::shared_ptr<Download>& download,
              const std::optional<ObjectChecksum>& said, const std::string& etag, bool answered);
    Todo due();  // wakes whom it held back

    // For the engine

    void raise_max_requests(int max_requests);
    Todo stop();  // nothing starts any more
    bool stopped() const noexcept { return stopped_; }
    int running() const noexcept { return running_total_; }
    // What is known of each store that was used lately.
    struct Figures {
        const std::string& origin;
        const Flow& flow;
    };
    std::vector<Figures> flows() const;

    friend std::ostream& operator<<(std::ostream& out, const Scheduler& scheduler) {
        return scheduler.print(out);
    }

  private:
    enum class Began : std::uint8_t { yes, no_memory, in_vain };

    std::ostream& print(std::ostream& out) const;
    std::shared_ptr<Flow> flow_of(const ObjectStore& store);
    void refresh(Stream& stream, Todo& todo);
    void announce(Stream& stream, Todo& todo);
    void end_wait(Stream& stream, Todo& todo);
    void end_wait_for_any(Lane& lane, Todo& todo);
    void touch(Lane& lane);
    void adapt(Lane& lane, const Flow& flow);
    void set_urgent(Stream& stream, bool urgent);
    bool urgent_may_start() const noexcept;
    bool may_start_in_turn() const noexcept;
    void activate(Lane& lane);
    void kick(Todo& todo, const Lane* lane);
    void kick_any(Todo& todo);
    void pump(std::size_t loop, Todo& todo);
    bool start_next(std::size_t loop, Todo& todo);
    bool start_urgent(std::size_t loop, Todo& todo);
    bool start_ahead(std::size_t loop, Todo& todo);
    void count_running(Flow& flow, std::size_t loop, int more) noexcept;
    Began start(Stream& stream, bool urgent, std::size_t loop, Todo& todo);
    static GetRequest request_for(const Stream& stream, ByteRange range);
    std::optional<Charge> find_memory(std::uint64_t bytes, const Stream& for_stream, bool urgent,
                                      Todo& todo);
    void collect_wake(const std::shared_ptr<Download>& download, bool small, Todo& todo);
    void spare(const Stream& stream, const std::shared_ptr<Chunk>& chunk);
    void call_off_spared(const Stream* of, Todo& todo);  // null: of any
    void call_off(std::shared_ptr<Chunk> chunk, Todo& todo);
    void forget(Stream& stream);
    void ask_for_checksum(Stream& stream, std::size_t loop, Todo& todo);
    void ask(Stream& stream, std::size_t loop, std::optional<ObjectChecksum> said, Todo& todo);
    void settle(Stream& stream, Todo& todo);
    void account(const Stream& stream, const Chunk& chunk, bool complete);

    Arena& arena_;
    Stats& stats_;
    int max_requests_;
    const int neighbours_;
    std::map<std::string, std::shared_ptr<Flow>> flows_;  // by origin
    std::vector<int> running_;                            // per loop
    int running_total_ = 0;
    bool stopped_ = false;
    bool hungry_ = false;        // the last start in vain found no memory
    std::uint64_t leaving_ = 0;  // bytes of the budget that requests given up still hold
    // Given up, and left to end by themselves, as long as nobody needs their memory.
    std::vector<std::pair<const Stream*, std::weak_ptr<Chunk>>> spared_;
    std::uint64_t clock_ = 0;
    std::map<Lane*, std::unique_ptr<Lane>> lanes_;
    int reading_ = 0;  // of these, with an object open
    std::map<Stream*, std::unique_ptr<Stream>> streams_;
    // Somebody waits, and nothing is on its way; in the order of their coming.
    std::map<std::uint64_t, Stream*> urgent_;          // threads
    std::map<std::uint64_t, Stream*> urgent_in_turn_;  // event loops: as the limit allows
    std::deque<Lane*> active_;                         // with something to start, in turn
    std::vector<std::shared_ptr<Download>> to_wake_;   // what they waited for is there
    int ended_since_wake_ = 0;
    bool wake_soon_ = false;
    bool wake_later_ = false;
};

}  // namespace s3pipes
