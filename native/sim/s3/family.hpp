// Objects that are not held but computed: a million of them cost nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/s3/object.hpp"

namespace s3pipes::sim {

struct FamilyRules {
    std::string bucket;
    // A key with one counter of a fixed width in it: "train/shard-{:06d}.tar".
    std::string pattern;
    std::uint64_t count = 0;
    std::uint64_t first = 0;  // where the counter begins

    std::uint64_t size_bytes = 0;  // of each; the median where sigma is not 0
    double sigma = 0;              // of the logarithm of the sizes
    std::uint64_t seed = 0;        // of the sizes
    std::optional<Algorithm> summed_by = Algorithm::crc64nvme;  // none: no checksum is told
    std::uint64_t version = 1;                // of the contents; another has other bytes and ETags
    std::int64_t last_modified = 1767225600;  // 2026-01-01
};

class Family {
  public:
    // Throws std::invalid_argument where the pattern has no such counter, or not as many values.
    explicit Family(FamilyRules rules);

    const FamilyRules& rules() const noexcept { return rules_; }
    std::uint64_t count() const noexcept { return rules_.count; }

    std::string key(std::uint64_t index) const;
    std::uint64_t size(std::uint64_t index) const;
    // All but its content; `revision`: how often it was overwritten.
    Object object(std::uint64_t index, std::uint64_t revision = 0) const;

    // The one with that key.
    std::optional<std::uint64_t> find(std::string_view key) const noexcept;
    // The first whose key is `key` or behind it; count() where there is none.
    std::uint64_t at_or_after(std::string_view key) const;

  private:
    FamilyRules rules_;
    std::string prefix_, suffix_;
    unsigned digits_ = 0;
    std::uint64_t mark_ = 0;  // of bucket, pattern and version: what its ETags begin with
};

}  // namespace s3pipes::sim
