// Which pages of a listing to ask for, and in which order they are given out: decided, not done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/policy/key_space.hpp"
#include "core/store/object_store.hpp"
#include "core/words/failure.hpp"

namespace s3pipes {

// Where a listing goes on: the request for its next page, and the keys of that page which were
// given out before. Made of requests that the store has answered well, so it is as good as the
// listing.
struct ListPlace {
    std::string token;
    std::string after;
    std::string skip;  // up to this key, all was given out
};

// A listing begins as one chain of pages. Once its reader waits for a page although the store has
// said twice that there are more, what is left is cut into pieces at keys that KeySpace names: each
// is a chain of its own from there (start-after) to the beginning of the next. A key belongs to
// exactly one piece, whenever it comes or goes, so none is missing or given twice.
//
// Pure: no thread, clock or random number. Not for several threads at once.
class ListPlan {
  public:
    struct Ask {
        std::uint64_t piece;
        ListRequest request;
    };
    using Page = std::vector<ListedObject>;

    // `url` stands in the error of a listing that does not go on.
    ListPlan(std::string prefix, int page_size, ListPlace from, std::string url);

    // What to ask for now. To be called after every other call that changes something.
    std::vector<Ask> asks();
    // The page is not in order. A store may have another one, but then every page shows it: worth
    // asking once more.
    bool doubts(std::uint64_t piece, const Page& page) const;
    // `took_s`: from when it was asked for.
    void answered(std::uint64_t piece, ListPage page, double took_s);
    void failed(std::uint64_t piece, Failure failure);
    void throttled();
    // Pieces whose requests nobody needs any more; once.
    std::vector<std::uint64_t> called_off();

    // The reader waits for the next page.
    void waits();
    // Whether take() has something to say.
    bool ready() const;
    // nullopt after the last page; throws Failure in its turn.
    std::optional<Page> take();
    // Of the page that take() will give; nullopt after the last one.
    const std::optional<ListPlace>& place() const noexcept { return place_; }

    // A page that is not here after so long is late.
    double patience_s() const noexcept;

    // For tests: pages asked for, those held for the reader, pieces at present.
    std::size_t asked() const noexcept { return asked_; }
    std::size_t held() const;
    std::size_t pieces() const noexcept { return pieces_.size(); }

  private:
    struct Held {
        Page objects;
        ListPlace next;  // where the listing goes on behind them
    };
    // The keys from `from`, exclusive, to where the next one begins, inclusive.
    struct Piece {
        std::uint64_t id = 0;
        std::string from;
        ListPlace request;  // of its next page
        std::deque<Held> held;
        std::string first, reached;  // of the keys seen of it
        std::size_t keys = 0;
        double price = 0;     // requests that its making may waste
        double expected = 0;  // pages; 0 where nothing was
        std::size_t requests = 0;
        bool asking = false;
        bool begun = false;  // an answer came
        bool ended = false;
        // Of its last page, what belongs to the next one: until that one has shown that the store
        // can begin where it was told to.
        std::optional<Held> beyond;
        bool more_beyond = false;
        std::optional<Failure> failure;          // told after the pages before it
        std::unordered_set<std::size_t> tokens;  // hashes of those so far
    };
    using Pieces = std::deque<Piece>;

    void accept(Pieces::iterator piece, ListPage& page);
    void end_at(Pieces::iterator piece, const std::string& bound, ListPage& page);
    bool follows(const Piece& piece, const Page& page) const;
    void drop_empty(Pieces::iterator piece);
    void go_on_alone();
    void settle();
    Pieces::iterator find(std::uint64_t id);
    ListRequest request_of(const ListPlace& place) const;

    // The second half, list_split.cpp.
    void ask_next(Piece& piece, std::vector<Ask>& asks);
    void split(std::vector<Ask>& asks);
    struct Cuts {
        std::vector<std::string> points;
        double price = 1;     // requests that each may waste
        double expected = 0;  // pages of each piece but the last; 0 where nothing is known
    };
    Cuts cuts(std::size_t piece, std::size_t most, double spare) const;
    Cuts cuts_between(const Piece& piece, const std::string& high, std::size_t most,
                      double spare) const;
    Cuts scouts(const Piece& piece, const std::string* ceiling, std::size_t most,
                double spare) const;
    void insert(std::size_t behind, const Cuts& cuts, std::vector<Ask>& asks);
    double pages_of(std::size_t keys) const;
    void learn_of(const Piece& ended);
    double left_of(std::size_t piece) const;
    double affordable() const;

    const std::string prefix_;
    const int page_size_;
    const std::string url_;
    KeySpace space_;
    Pieces pieces_;
    std::optional<ListPlace> place_;
    std::vector<std::uint64_t> called_off_;
    std::uint64_t next_id_ = 0;
    std::size_t page_keys_ = 1;  // of a full page
    std::size_t asked_ = 0;
    std::size_t answered_ = 0;
    std::size_t in_flight_ = 0;
    std::size_t kept_keys_ = 0;
    std::size_t given_ = 0;  // pages
    std::size_t ahead_ = 1;  // pages held or asked for beyond what the reader has
    double most_in_flight_;
    double usual_s_ = 0;       // an answer takes, lately
    double quickest_s_ = 1e9;  // of all answers: what the store takes, without a queue
    // What was learnt of pieces that ended: the pages that one had for each that was expected, and
    // what its last page held beyond it, of a page.
    double yield_ = 1;
    double seam_ = 0.25;
    bool alone_ = false;  // one chain to the end
};

}  // namespace s3pipes
