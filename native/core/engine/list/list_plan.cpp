#include "core/engine/list/list_plan.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "core/engine/list/list_rules.hpp"

namespace s3pipes {
namespace {

// Of a thousand keys, enough to tell what stands at each place.
constexpr std::size_t learn_every = 17;

const std::string& key_of(const ListedObject& object) {
    return object.key;
}

auto first_beyond(std::vector<ListedObject>& objects, const std::string& key) {
    return std::ranges::upper_bound(objects, key, {}, key_of);
}

}  // namespace

ListPlan::ListPlan(std::string prefix, int page_size, ListPlace from, std::string url)
    : prefix_(std::move(prefix)),
      page_size_(page_size),
      url_(std::move(url)),
      space_(prefix_),
      place_(from),
      most_in_flight_(list_rules::most_in_flight) {
    Piece& all = pieces_.emplace_back();
    all.id = next_id_++;
    all.from = from.skip;
    all.tokens.insert(std::hash<std::string>()(from.token));
    all.request = std::move(from);
}

ListPlan::Pieces::iterator ListPlan::find(std::uint64_t id) {
    return std::ranges::find(pieces_, id, &Piece::id);
}

std::size_t ListPlan::held() const {
    std::size_t sum = 0;
    for (const Piece& piece : pieces_) sum += piece.held.size();
    return sum;
}

ListRequest ListPlan::request_of(const ListPlace& place) const {
    return {prefix_, place.token, page_size_, place.after};
}

// Whether the keys rise from where the piece is: a store that begins elsewhere than it was told, or
// has another order, shows it here.
bool ListPlan::follows(const Piece& piece, const Page& page) const {
    const std::string* before = piece.keys != 0 ? &piece.reached : &piece.from;
    for (const ListedObject& object : page) {
        if (object.key <= *before) return false;
        before = &object.key;
    }
    return true;
}

bool ListPlan::doubts(std::uint64_t id, const Page& page) const {
    const auto piece = std::ranges::find(pieces_, id, &Piece::id);
    if (alone_ || piece == pieces_.end()) return false;
    if (piece->request.skip.empty()) return !follows(*piece, page);
    return std::ranges::adjacent_find(page, std::ranges::greater_equal(), &ListedObject::key) !=
           page.end();
}

void ListPlan::answered(std::uint64_t id, ListPage page, double took_s) {
    const auto piece = find(id);
    if (piece == pieces_.end()) return;
    piece->asking = false;
    --in_flight_;
    ++answered_;
    quickest_s_ = std::min(quickest_s_, took_s);
    usual_s_ += (took_s - usual_s_) * (usual_s_ == 0 ? 1 : list_rules::remembered);
    most_in_flight_ = std::min(most_in_flight_ + 1.0 / 16, list_rules::most_in_flight);
    // Asked for again, at the beginning: what was given out before a fork.
    if (const std::string& skip = piece->request.skip; !skip.empty())
        std::erase_if(page.objects, [&](const ListedObject& object) { return object.key <= skip; });
    if (!alone_ && !follows(*piece, page.objects)) {
        const bool nearest = piece == pieces_.begin();
        go_on_alone();
        if (!nearest) return settle();
    }
    const auto same = find(id);
    page_keys_ = std::max(page_keys_, page.objects.size());
    if (!alone_) {
        std::vector<std::string_view> some;
        for (std::size_t i = 0; i < page.objects.size(); i += learn_every)
            some.push_back(page.objects[i].key);
        space_.learn(some);
    }
    accept(same, page);
    settle();
}

void ListPlan::accept(Pieces::iterator piece, ListPage& page) {
    const auto next = std::next(piece);
    const ListPlace asked = std::move(piece->request);
    const bool full = page.next_token.empty();
    piece->begun = true;
    piece->request = {page.next_token, "", ""};
    if (next != pieces_.end() && !page.objects.empty() && page.objects.back().key >= next->from) {
        const auto cut = first_beyond(page.objects, next->from);
        piece->beyond.emplace(
            Held{Page(std::make_move_iterator(cut), std::make_move_iterator(page.objects.end())),
                 piece->request});
        piece->more_beyond = !full;
        page.objects.erase(cut, page.objects.end());
        piece->ended = true;
    } else if (full) {
        piece->ended = true;
    } else if (!piece->tokens.insert(std::hash<std::string>()(page.next_token)).second) {
        // It would be the same pages again, and so for ever.
        piece->failure.emplace(
            Error(ErrorKind::bad_response,
                  "the listing does not go on: it names a page that it gave before"),
            url_, ByteRange{}, 1, 0);
    }
    if (!page.objects.empty()) {
        if (piece->keys == 0) piece->first = page.objects.front().key;
        piece->reached = page.objects.back().key;
        piece->keys += page.objects.size();
        kept_keys_ += page.objects.size();
    }
    ListPlace behind = piece->request;
    if (piece->ended) {
        // Where the next piece begins is a guess; that this page can be had again is not.
        behind = asked;
        behind.skip = next != pieces_.end() ? next->from : piece->reached;
    }
    if (piece->ended) learn_of(*piece);
    if (!page.objects.empty() || pieces_.size() == 1)
        piece->held.push_back({std::move(page.objects), std::move(behind)});
    if (piece->ended && piece->keys == 0 && piece != pieces_.begin()) drop_empty(piece);
}

// Nothing lies between its beginning and the next one's: the next one begins where it did. Behind
// the last key one is kept, which tells where to look for no more.
void ListPlan::drop_empty(Pieces::iterator piece) {
    const auto next = std::next(piece);
    if (next != pieces_.end()) {
        next->from = std::move(piece->from);
        pieces_.erase(piece);
    } else if (const auto before = std::prev(piece);
               before != pieces_.begin() && before->ended && before->keys == 0) {
        pieces_.erase(piece);
    }
}

// The store is none whose keys can be found by where they are in the order. What is nearest is a
// chain that it gave itself, page by page: to its end.
void ListPlan::go_on_alone() {
    alone_ = true;
    for (auto piece = std::next(pieces_.begin()); piece != pieces_.end(); ++piece) {
        if (!piece->asking) continue;
        called_off_.push_back(piece->id);
        --in_flight_;
    }
    pieces_.erase(std::next(pieces_.begin()), pieces_.end());
    Piece& piece = pieces_.front();
    if (!piece.beyond) return;
    piece.ended = !piece.more_beyond;
    if (!piece.beyond->objects.empty()) piece.held.push_back(std::move(*piece.beyond));
    piece.beyond.reset();
}

void ListPlan::failed(std::uint64_t id, Failure failure) {
    const auto piece = find(id);
    if (piece == pieces_.end()) return;
    piece->asking = false;
    --in_flight_;
    if (piece->begun || piece == pieces_.begin())
        piece->failure.emplace(std::move(failure));
    else
        go_on_alone();  // perhaps it knows no start-after; if it is broken, the nearest will tell
    settle();
}

void ListPlan::throttled() {
    most_in_flight_ = std::max(1.0, most_in_flight_ / 2);
}

double ListPlan::patience_s() const noexcept {
    if (usual_s_ == 0) return list_rules::unknown_patience_s;
    return std::max(list_rules::least_patience_s, list_rules::late_above_usual * usual_s_);
}

std::vector<std::uint64_t> ListPlan::called_off() {
    return std::exchange(called_off_, {});
}

void ListPlan::waits() {
    // A near store gives a page in the time that its reader takes to use one.
    if (given_ != 0 && !ready() && quickest_s_ >= list_rules::near_s)
        ahead_ = std::clamp<std::size_t>(ahead_ * 2, 16, list_rules::most_ahead);
}

// Past pieces that were given out to their ends.
void ListPlan::settle() {
    while (!pieces_.empty()) {
        const Piece& nearest = pieces_.front();
        if (!nearest.ended || !nearest.held.empty()) return;
        const auto next = std::next(pieces_.begin());
        if (next != pieces_.end() && !next->begun) return;
        pieces_.pop_front();
    }
    place_.reset();
}

bool ListPlan::ready() const {
    return pieces_.empty() || !pieces_.front().held.empty() || pieces_.front().failure;
}

std::optional<ListPlan::Page> ListPlan::take() {
    if (pieces_.empty()) return std::nullopt;
    Piece& nearest = pieces_.front();
    if (nearest.held.empty()) throw *nearest.failure;
    Held taken = std::move(nearest.held.front());
    nearest.held.pop_front();
    ++given_;
    place_ = std::move(taken.next);
    settle();
    return std::move(taken.objects);
}

}  // namespace s3pipes
