#include "sim/s3/bucket.hpp"

#include <algorithm>

namespace s3pipes::sim {

void Bucket::add(Family family) {
    families_.push_back(std::move(family));
}

bool Bucket::computed(std::string_view key) const noexcept {
    return std::any_of(families_.begin(), families_.end(),
                       [key](const Family& family) { return family.find(key).has_value(); });
}

void Bucket::put(const std::string& key, ObjectPtr object) {
    kept_[key] = std::move(object);
}

void Bucket::remove(const std::string& key) {
    kept_.erase(key);
    if (computed(key)) removed_.insert(key);
}

ObjectPtr Bucket::find(const std::string& key, const ContentSource& source) const {
    const auto kept = kept_.find(key);
    if (kept != kept_.end()) return kept->second;
    if (removed_.contains(key)) return nullptr;
    for (const auto& family : families_) {
        const auto index = family.find(key);
        if (!index) continue;
        auto object = std::make_shared<Object>(family.object(*index));
        object->content = source(family.rules().bucket, key, family.rules().version, object->size);
        return object;
    }
    return nullptr;
}

bool Bucket::empty() const {
    return Cursor(*this, "").done();
}

Bucket::Cursor::Cursor(const Bucket& bucket, std::string_view at_or_after) : bucket_(bucket) {
    seek(at_or_after);
}

void Bucket::Cursor::seek(std::string_view at_or_after) {
    kept_ = bucket_.kept_.lower_bound(std::string(at_or_after));
    places_.clear();
    for (const auto& family : bucket_.families_) {
        const auto index = family.at_or_after(at_or_after);
        places_.push_back({index, index < family.count() ? family.key(index) : std::string()});
    }
    settle();
}

void Bucket::Cursor::step(std::size_t family) {
    auto& place = places_[family];
    if (++place.index < bucket_.families_[family].count())
        place.key = bucket_.families_[family].key(place.index);
}

void Bucket::Cursor::settle() {
    for (;;) {
        const std::string* least = kept_ != bucket_.kept_.end() ? &kept_->first : nullptr;
        family_.reset();
        for (std::size_t i = 0; i < places_.size(); ++i) {
            if (places_[i].index >= bucket_.families_[i].count()) continue;
            if (least && *least <= places_[i].key) continue;
            least = &places_[i].key;
            family_ = i;
        }
        found_ = least != nullptr;
        if (!found_) return;
        if (family_ && bucket_.removed_.contains(*least)) {
            step(*family_);
            continue;
        }
        key_ = *least;
        return;
    }
}

void Bucket::Cursor::next() {
    if (kept_ != bucket_.kept_.end() && kept_->first == key_) ++kept_;
    for (std::size_t i = 0; i < places_.size(); ++i)
        if (places_[i].index < bucket_.families_[i].count() && places_[i].key == key_) step(i);
    settle();
}

Object Bucket::Cursor::object() const {
    return family_ ? bucket_.families_[*family_].object(places_[*family_].index) : *kept_->second;
}

}  // namespace s3pipes::sim
