// One page of a bucket's keys.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/s3/bucket.hpp"

namespace s3pipes::sim {

struct ListQuestion {
    std::string prefix;
    std::string delimiter;  // empty for none
    std::string after;      // a key, or a common prefix, with all it stands for
    std::size_t limit = 1000;
};

struct ListPage {
    std::vector<std::pair<std::string, Object>> objects;
    std::vector<std::string> prefixes;
    bool truncated = false;
    std::string last;  // what the next page comes after
};

ListPage list_page(const Bucket& bucket, const ListQuestion& question);

// The least text behind all that begin with `prefix`; empty where there is none.
std::string behind_all(std::string prefix);

}  // namespace s3pipes::sim
