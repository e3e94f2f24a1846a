// The query of a request, decoded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace s3pipes::sim {

// Undoes percent encoding, and nothing else; throws InvalidURI where an escape is broken.
std::string decode_percent(std::string_view text);

class Query {
  public:
    using Pairs = std::vector<std::pair<std::string, std::string>>;

    Query() = default;
    explicit Query(std::string_view encoded);

    bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
    // The first of that name.
    std::optional<std::string_view> get(std::string_view name) const noexcept;
    // A whole number in [0, limit]; `otherwise` where there is none. Throws InvalidArgument.
    std::size_t number(std::string_view name, std::size_t otherwise, std::size_t limit) const;

    const Pairs& pairs() const noexcept { return pairs_; }

  private:
    const std::string* find(std::string_view name) const noexcept;

    Pairs pairs_;
};

}  // namespace s3pipes::sim
