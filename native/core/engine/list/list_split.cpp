// The part of ListPlan that looks ahead: what to ask for beyond the next page.
#include <algorithm>
#include <cmath>

#include "core/engine/list/list_plan.hpp"
#include "core/engine/list/list_rules.hpp"

namespace s3pipes {

using namespace list_rules;

double ListPlan::pages_of(std::size_t keys) const {
    return static_cast<double>(keys) / static_cast<double>(page_keys_);
}

void ListPlan::learn_of(const Piece& ended) {
    const double pages = pages_of(ended.keys);
    if (ended.beyond && ended.keys != 0)
        seam_ += (static_cast<double>(ended.requests) - pages - seam_) / 8;
    if (ended.expected > 0) yield_ += (std::min(pages / ended.expected, 1.5) - yield_) / 8;
}

// Pages between what was seen of a piece and the next one, at most as many as can be believed.
double ListPlan::left_of(std::size_t index) const {
    const Piece& piece = pieces_[index];
    if (piece.ended || piece.keys == 0 || index + 1 == pieces_.size()) return 0;
    const double times = space_.times(piece.first, piece.reached, pieces_[index + 1].from);
    return pages_of(piece.keys) * std::min(trusted_reach, times);
}

// How many requests may still be wasted: on pieces that turn out empty, and on what the last page
// of a piece holds beyond it. A few at the beginning, where nothing is known, and a tenth of all.
double ListPlan::affordable() const {
    const double useful = pages_of(kept_keys_);
    double wasted = static_cast<double>(answered_) - useful;
    double left = 0;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
        const Piece& piece = pieces_[i];
        if (!piece.begun)
            wasted += piece.price;
        else if (!piece.ended && i + 1 < pieces_.size())
            wasted += seam_;
        left += left_of(i);
    }
    left = std::min(left * yield_, useful);
    return std::min(3 + useful / 2, 7 + (useful + left) / 10) - wasted;
}

void ListPlan::ask_next(Piece& piece, std::vector<Ask>& asks) {
    piece.asking = true;
    ++in_flight_;
    ++asked_;
    ++piece.requests;
    asks.push_back({piece.id, request_of(piece.request)});
}

// What is nearer comes first, and what is farther does not count against it.
std::vector<ListPlan::Ask> ListPlan::asks() {
    std::vector<Ask> asks;
    std::size_t nearer = 0;
    const auto most = static_cast<std::size_t>(most_in_flight_);
    for (Piece& piece : pieces_) {
        nearer += piece.held.size() + (piece.asking ? 1 : 0);
        const bool next = &piece == &pieces_.front() && piece.held.empty();
        if (piece.asking || piece.ended || piece.failure) continue;
        if (!next && (nearer >= ahead_ || in_flight_ >= most)) continue;
        // Or what is far would fill the memory that what is near needs.
        if (&piece != &pieces_.front() && piece.held.size() >= most_of_a_piece) continue;
        if (asked_ != 0 && given_ == 0) continue;  // who looks at the first page may want no more
        ask_next(piece, asks);
        ++nearer;
    }
    if (ahead_ > 1 && answered_ >= 2 && !alone_) split(asks);
    return asks;
}

void ListPlan::split(std::vector<Ask>& asks) {
    std::size_t nearer = 0;
    double before = 0;  // pages from the reader to here, as far as can be guessed
    double spare = affordable();
    for (std::size_t i = 0; i < pieces_.size() && spare > 0; ++i) {
        const Piece& piece = pieces_[i];
        nearer += piece.held.size() + (piece.asking ? 1 : 0);
        const double here = static_cast<double>(piece.held.size()) + left_of(i) * yield_;
        const auto most = static_cast<std::size_t>(most_in_flight_);
        if (before > farthest_pages && i + 1 < pieces_.size()) continue;
        before += here;
        if (nearer >= ahead_ || pieces_.size() >= most_pieces || in_flight_ >= most) return;
        if (piece.ended || piece.failure || piece.keys == 0) continue;
        const Cuts made = cuts(i, std::min(most - in_flight_, ahead_ - nearer), spare);
        insert(i, made, asks);
        i += made.points.size();
        nearer += made.points.size();
        spare -= made.price * static_cast<double>(made.points.size());
    }
}

void ListPlan::insert(std::size_t behind, const Cuts& cuts, std::vector<Ask>& asks) {
    if (cuts.points.empty()) return;
    pieces_[behind].expected = 0;  // no longer what it was
    for (std::size_t k = 0; k < cuts.points.size(); ++k) {
        const auto place = pieces_.begin() + static_cast<std::ptrdiff_t>(behind + 1 + k);
        Piece& made = *pieces_.emplace(place);
        made.id = next_id_++;
        made.from = cuts.points[k];
        made.request.after = cuts.points[k];
        made.price = cuts.price;
        if (k + 1 < cuts.points.size()) made.expected = cuts.expected;
        ask_next(made, asks);
    }
}

// Where to cut what is left of a piece.
ListPlan::Cuts ListPlan::cuts(std::size_t index, std::size_t most, double spare) const {
    const Piece& piece = pieces_[index];
    if (index + 1 == pieces_.size()) return scouts(piece, nullptr, most, spare);
    const Piece& next = pieces_[index + 1];
    if (!next.begun) return {};
    if (next.keys == 0) return scouts(piece, &next.from, most, spare);
    return cuts_between(piece, next.from, most, spare);
}

ListPlan::Cuts ListPlan::cuts_between(const Piece& piece, const std::string& high, std::size_t most,
                                      double spare) const {
    Cuts cuts;
    const auto add = [&](double share) {
        const std::string& low = cuts.points.empty() ? piece.reached : cuts.points.back();
        const auto point = space_.between(piece.reached, high, share);
        if (point && *point > low) cuts.points.push_back(*point);
    };
    const double seen = pages_of(piece.keys);
    const double read = seen * space_.times(piece.first, piece.reached, high);
    if (!(read <= seen * trusted_reach)) {
        if (spare >= 1) add(0.5);
        return cuts;
    }
    cuts.price = std::max(seam_, 0.1);
    const double left = read * yield_;
    if (left < least_pages + (piece.asking ? 1 : 0)) return cuts;
    most = std::min(most, static_cast<std::size_t>(std::max(0.0, spare / cuts.price)));
    if (most == 0) return cuts;
    const double even = std::ceil(left / static_cast<double>(most + 1));
    // Where seams are dear, pieces are longer.
    const double longest = seam_ < 0.3 ? pages_per_piece : 2 * pages_per_piece;
    const double step = filling * std::clamp(even, std::ceil(least_pages), longest);
    cuts.expected = step / yield_;
    for (double at = step; cuts.points.size() < most && at < left - step / 4; at += step)
        add(at / left);
    return cuts;
}

// Where the keys end is not known, so how far to go is not either: at several distances at once.
ListPlan::Cuts ListPlan::scouts(const Piece& piece, const std::string* ceiling, std::size_t most,
                                double spare) const {
    Cuts cuts;
    most = std::min<std::size_t>(most, 3);
    most = std::min(most, static_cast<std::size_t>(std::max(0.0, spare)));
    if (most == 0) return cuts;
    const double seen = pages_of(piece.keys);
    std::vector<KeySpace::Beyond> found = space_.beyond(piece.reached);
    std::erase_if(found, [&](const KeySpace::Beyond& point) {
        return (ceiling && point.key >= *ceiling) ||
               seen * space_.times(piece.first, piece.reached, point.key) < pages_per_piece;
    });
    // First where keys differ; what never did is looked at when nothing else is left.
    if (std::ranges::any_of(found, &KeySpace::Beyond::varied))
        std::erase_if(found, [](const KeySpace::Beyond& point) { return !point.varied; });
    if (found.empty() && ceiling) {
        const double left = seen * space_.times(piece.first, piece.reached, *ceiling);
        if (left > 2 * least_pages)
            if (auto half = space_.between(piece.reached, *ceiling, 0.5))
                cuts.points.push_back(std::move(*half));
        return cuts;
    }
    most = std::min(most, found.size());
    for (std::size_t k = 0; k < most; ++k)
        cuts.points.push_back(found[(k + 1) * found.size() / most - 1].key);
    return cuts;
}

}  // namespace s3pipes
