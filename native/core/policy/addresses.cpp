#include "core/policy/addresses.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>
#include <utility>

namespace s3pipes {
namespace {

std::uint64_t mark_of(const std::string& address) {
    return std::hash<std::string>()(address) | 1;  // 0 is nobody's
}

}  // namespace

void Addresses::found(const std::vector<std::string>& addresses, Time now) {
    if (addresses.empty()) return;
    for (const auto& place : places_) place->in_last = false;
    for (const std::string& address : addresses) {
        Place* place = find(address);
        if (place == nullptr) {
            places_.push_back(std::make_unique<Place>());
            place = places_.back().get();
            place->address = address;
        }
        place->found_at = now;
        place->in_last = true;
    }
    drop(now);
    keep_enough(now);
}

// Those that no look-up names any more. One with a connection is still known, but gets no further.
void Addresses::drop(Time now) {
    std::erase_if(places_, [&](const auto& place) {
        return !place->in_last && place->aside(now) && place->connections == 0;
    });
    while (places_.size() > most) {
        const auto key = [](const auto& place) {
            return std::tuple(place->connections != 0, place->in_last, place->found_at);
        };
        const auto oldest =
            std::min_element(places_.begin(), places_.end(),
                             [&](const auto& a, const auto& b) { return key(a) < key(b); });
        if ((*oldest)->connections != 0) break;
        places_.erase(oldest);
    }
}

Addresses::Place* Addresses::find(const std::string& address) const {
    const auto found = std::find_if(places_.begin(), places_.end(),
                                    [&](const auto& one) { return one->address == address; });
    return found == places_.end() ? nullptr : found->get();
}

void Addresses::put_aside(const std::string& address, Time now) {
    Place* place = find(address);
    if (place == nullptr) return;
    place->aside_until = now + aside_for;
    drop(now);
    keep_enough(now);
}

// A slow address is better than none, and than one that cannot be reached.
void Addresses::keep_enough(Time now) {
    const auto good = [&](const auto& place) { return !place->left && !place->aside(now); };
    if (std::any_of(places_.begin(), places_.end(), good)) return;
    for (const auto& place : places_) {
        if (place->left && !place->aside(now)) rejoin(*place, now);
    }
}

std::unique_ptr<Line> Addresses::choose(Time now, std::uint64_t avoid) {
    if (places_.empty()) return nullptr;
    keep_enough(now);
    const auto due = [&](const Place& place) {
        return place.left && place.probe == 0 && place.probe_at <= now;
    };
    const auto rank = [&](const auto& place) {
        const int kind = place->aside(now)                  ? 4
                         : mark_of(place->address) == avoid ? 3
                         : !place->left                     ? 1
                         : due(*place)                      ? 0
                                                            : 2;
        return std::tuple(kind, static_cast<double>(place->connections + 1) / place->weight,
                          place->chosen);
    };
    Place& best =
        **std::min_element(places_.begin(), places_.end(),
                           [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    best.chosen = ++choices_;
    std::unique_ptr<Line> line(new Line(shared_from_this(), best));
    if (due(best)) {
        best.probe = line->id_;
        best.pause = std::min(best.pause * 2, longest_pause);
        best.probe_at = now + best.pause;
    }
    return line;
}

std::vector<std::string> Addresses::order(const Line& line, Time now) const {
    std::vector<const Place*> places;
    for (const auto& place : places_) places.push_back(place.get());
    const auto rank = [&](const Place* place) {
        return std::tuple(place != line.place_, place->aside(now), place->left,
                          static_cast<double>(place->connections + 1) / place->weight,
                          place->chosen);
    };
    std::stable_sort(places.begin(), places.end(),
                     [&](const Place* a, const Place* b) { return rank(a) < rank(b); });
    std::vector<std::string> order;
    for (const Place* place : places) order.push_back(place->address);
    return order;
}

std::vector<Addresses::View> Addresses::view(Time now) const {
    std::vector<View> all;
    for (const auto& place : places_) {
        const Estimate told = estimate(*place, now);
        all.push_back({place->address, place->left ? 0 : place->weight, place->connections,
                       told.answers != 0 ? std::exp(told.log_latency) : 0,
                       told.rated != 0 ? std::exp(told.log_rate) : 0, place->left,
                       place->aside(now)});
    }
    return all;
}

Line::Line(std::shared_ptr<Addresses> addresses, Addresses::Place& place)
    : addresses_(std::move(addresses)), place_(&place), id_(++addresses_->lines_) {
    join(place);
}

Line::~Line() {
    part();
}

void Line::join(Addresses::Place& place) {
    place_ = &place;
    mark_ = mark_of(place.address);
    ++place.connections;
}

void Line::part() {
    --place_->connections;
    if (place_->probe == id_) place_->probe = 0;
    if (place_->slots[slot_].line == id_) place_->slots[slot_].ended = true;
}

void Line::moved_to(const std::string& address) {
    Addresses::Place* place = addresses_->find(address);
    if (place == nullptr || place == place_) return;
    part();
    join(*place);
}

}  // namespace s3pipes
