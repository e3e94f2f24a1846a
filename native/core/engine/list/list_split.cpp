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

// How many requests may still be wasted: on pieces that turn out empty, and on what the last page
// of a piece holds beyond it. A few at the beginning, where nothing is known, and a tenth of all.
double ListPlan::affordable() const {
    const double useful = pages_of(kept_keys_);
    double wasted = static_cast<double>(answered_) - useful;
    for (auto piece = pieces_.begin(); piece != pieces_.end(); ++piece) {
        if (!piece->begun)
            wasted += piece->price;
        else if (!piece->ended && std::next(piece) != pieces_.end())
            wasted += 0.25;
    }
    return std::min(2 + useful / 2, 6 + useful / 10) - wasted;
}

void ListPlan::ask_next(Piece& piece, std::vector<Ask>& asks) {
    piece.asking = true;
    ++in_flight_;
    ++asked_;
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
        if (asked_ != 0 && given_ == 0) continue;  // who looks at the first page may want no more
        ask_next(piece, asks);
        ++nearer;
    }
    if (ahead_ > 1 && answered_ >= 2 && !alone_) split(asks);
    return asks;
}

void ListPlan::split(std::vector<Ask>& asks) {
    std::size_t nearer = 0, all = 0;
    for (const Piece& piece : pieces_) all += piece.held.size() + (piece.asking ? 1 : 0);
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
        const Piece& piece = pieces_[i];
        nearer += piece.held.size() + (piece.asking ? 1 : 0);
        const auto most = static_cast<std::size_t>(most_in_flight_);
        if (nearer >= ahead_ || all >= 2 * ahead_ || in_flight_ >= most) return;
        if (piece.ended || piece.failure || piece.keys == 0) continue;
        double price = 1;
        const auto points = cuts(i, std::min(most - in_flight_, ahead_ - nearer), price);
        insert(i, points, price, asks);
        i += points.size();
        nearer += points.size();
        all += points.size();
    }
}

void ListPlan::insert(std::size_t behind, const std::vector<std::string>& points, double price,
                      std::vector<Ask>& asks) {
    for (std::size_t k = 0; k < points.size(); ++k) {
        const auto place = pieces_.begin() + static_cast<std::ptrdiff_t>(behind + 1 + k);
        Piece& made = *pieces_.emplace(place);
        made.id = next_id_++;
        made.from = points[k];
        made.request.after = points[k];
        made.price = price;
        ask_next(made, asks);
    }
}

// Where to cut what is left of a piece; `price`: what each cut may cost in vain.
std::vector<std::string> ListPlan::cuts(std::size_t index, std::size_t most, double& price) const {
    const Piece& piece = pieces_[index];
    if (index + 1 == pieces_.size()) return scouts(piece, nullptr, most);
    const Piece& next = pieces_[index + 1];
    if (!next.begun) return {};
    if (next.keys == 0) return scouts(piece, &next.from, most);
    return cuts_between(piece, next.from, most, price);
}

std::vector<std::string> ListPlan::cuts_between(const Piece& piece, const std::string& high,
                                                std::size_t most, double& price) const {
    std::vector<std::string> points;
    const auto add = [&](double share) {
        const std::string& low = points.empty() ? piece.reached : points.back();
        const auto point = space_.between(piece.reached, high, share);
        if (point && *point > low) points.push_back(*point);
    };
    const double seen = pages_of(piece.keys);
    const double left = seen * space_.times(piece.first, piece.reached, high);
    if (!(left <= seen * trusted_reach)) {
        if (affordable() >= 1) add(0.5);
        return points;
    }
    price = 0.25;
    if (left < least_pages + (piece.asking ? 1 : 0)) return points;
    const double spare = std::floor(affordable() / price);
    if (spare < 1) return points;
    most = std::min(most, static_cast<std::size_t>(spare));
    const double even = std::ceil(left / static_cast<double>(most + 1));
    const double step = filling * std::clamp(even, std::ceil(least_pages), pages_per_piece);
    for (double at = step; points.size() < most && at < left - step / 4; at += step) add(at / left);
    return points;
}

// Where the keys end is not known, so how far to go is not either: at several distances at once.
std::vector<std::string> ListPlan::scouts(const Piece& piece, const std::string* ceiling,
                                          std::size_t most) const {
    most = std::min<std::size_t>(most, 3);
    most = std::min(most, static_cast<std::size_t>(std::max(0.0, affordable())));
    if (most == 0) return {};
    const double seen = pages_of(piece.keys);
    std::vector<std::string> found = space_.beyond(piece.reached);
    std::erase_if(found, [&](const std::string& point) {
        return (ceiling && point >= *ceiling) ||
               seen * space_.times(piece.first, piece.reached, point) < pages_per_piece;
    });
    if (found.empty() && ceiling) {
        const double left = seen * space_.times(piece.first, piece.reached, *ceiling);
        if (left > 2 * least_pages)
            if (const auto half = space_.between(piece.reached, *ceiling, 0.5)) return {*half};
    }
    std::vector<std::string> points;
    most = std::min(most, found.size());
    for (std::size_t k = 0; k < most; ++k)
        points.push_back(found[(k + 1) * found.size() / (most + 1)]);
    return points;
}

}  // namespace s3pipes
