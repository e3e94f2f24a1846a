// A bucket: families of computed objects and those that were put, seen as one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/s3/family.hpp"
#include "sim/s3/object.hpp"

namespace s3pipes::sim {

class Bucket {
  public:
    // Goes over the objects in the order of their keys. Ends with the next change of the bucket.
    class Cursor;

    Bucket(std::int64_t created, std::string region)
        : created_(created), region_(std::move(region)) {}

    std::int64_t created() const noexcept { return created_; }
    const std::string& region() const noexcept { return region_; }

    void add(Family family);
    void put(const std::string& key, ObjectPtr object);
    void remove(const std::string& key);

    // Whether it is one of a family's that nobody has put another in place of, nor removed.
    bool described(const std::string& key) const;
    bool has(const std::string& key) const { return kept_.contains(key) || described(key); }
    // Of a described object: makes it its next version, changed now or later than before.
    void overwrite(const std::string& key, std::int64_t now_s);

    // What `source` is asked for is the content of a computed object.
    ObjectPtr find(const std::string& key, const ContentSource& source) const;
    bool empty() const;

  private:
    // How often a family's object was overwritten, and when for the last time.
    struct Revision {
        std::uint64_t number = 0;
        std::int64_t last_modified = 0;
    };

    bool computed(std::string_view key) const noexcept;
    Object object_of(const Family& family, std::uint64_t index, const std::string& key) const;
    Revision revision(const std::string& key) const;

    std::int64_t created_;
    std::string region_;
    std::map<std::string, ObjectPtr> kept_;
    std::vector<Family> families_;
    std::set<std::string> removed_;            // of the families' keys
    std::map<std::string, Revision> revised_;  // likewise
};

class Bucket::Cursor {
  public:
    Cursor(const Bucket& bucket, std::string_view at_or_after);

    bool done() const noexcept { return !found_; }
    const std::string& key() const noexcept { return key_; }
    Object object() const;

    void next();
    void seek(std::string_view at_or_after);

  private:
    // Where a family's next key is.
    struct Place {
        std::uint64_t index;
        std::string key;
    };

    void settle();
    void step(std::size_t family);

    const Bucket& bucket_;
    std::map<std::string, ObjectPtr>::const_iterator kept_;
    std::vector<Place> places_;
    std::string key_;
    std::optional<std::size_t> family_;  // that the present key is of
    bool found_ = false;
};

}  // namespace s3pipes::sim
