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
        auto object = std::make_shared<Object>(object_of(family, *index, key));
        object->content = source(family.rules().bucket, key,
                                 family.rules().version + revision(key).number, object->size);
        return object;
    }
    return nullptr;
}

bool Bucket::described(const std::string& key) const {
    return !kept_.contains(key) && !removed_.contains(key) && computed(key);
}

void Bucket::overwrite(const std::string& key, std::int64_t now_s) {
    for (const auto& family : families_) {
        if (!family.find(key)) continue;
        auto& revised = revised_[key];
        if (revised.number++ == 0) revised.last_modified = family.rules().last_modified;
        revised.last_modified = std::max(now_s, revised.last_modified + 1);
        return;
    }
}

Bucket::Revision Bucket::revision(const std::string& key) const {
    if (revised_.empty()) return {};
    const auto found = revised_.find(key);
    return found == revised_.end() ? Revision{} : found->second;
}

Object Bucket::object_of(const Family& family, std::uint64_t index, const std::string& key) const {
    const auto revised = revision(key);
    auto object = family.object(index, revised.number);
    if (revised.number > 0) object.last_modified = revised.last_modified;
    return object;
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
    if (!family_) return *kept_->second;
    return bucket_.object_of(bucket_.families_[*family_], places_[*family_].index, key_);
}

}  // namespace s3pipes::sim
