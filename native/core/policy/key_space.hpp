// Where keys lie among all keys that might be there, as far as the keys seen tell.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace s3pipes {

// Reads keys as numbers whose digits are characters, each place with the alphabet that was seen
// there: hex digits, decimal ones, letters. So a distance can be measured, and a key be named that
// lies a given share of the way between two others. All of it is guessed, and only that: what is
// named need not exist. Whatever is named is valid UTF-8 of characters that XML can hold.
class KeySpace {
  public:
    // Every key begins with `prefix`.
    explicit KeySpace(const std::string& prefix);

    // Some of the keys of one page, in their order.
    void learn(const std::vector<std::string_view>& keys);

    // How often the way from `first` to `reached` fits into that from `reached` to `end`; infinity
    // where the former is too short to be measured. All are keys, or named as such, in this order.
    double times(std::string_view first, std::string_view reached, std::string_view end) const;

    // A key that lies `share` of the way from `low` to `high`, beyond the one and before the other;
    // nullopt where none can be named.
    std::optional<std::string> between(std::string_view low, std::string_view high,
                                       double share) const;

    struct Beyond {
        std::string key;
        bool varied;  // at a place where keys were seen to differ, or a digit stands
    };
    // Keys beyond `low` at growing distances, the nearest first: a character counted up, at each
    // place from the last to the first.
    std::vector<Beyond> beyond(std::string_view low) const;

  private:
    using Alphabet = std::vector<char32_t>;  // sorted
    struct Place {
        std::set<char32_t> seen;
        int rounds = 0;  // how often it began anew, since a place before it went on
        bool full() const noexcept { return seen.size() >= most_letters; }
    };

    static constexpr std::size_t most_places = 160;   // beyond them nothing is learnt
    static constexpr std::size_t most_letters = 512;  // of one alphabet

    const Alphabet& alphabet(std::size_t place) const;
    Alphabet closed(std::size_t place) const;
    double value(const std::u32string& key, std::size_t from) const;

    std::size_t prefix_;  // characters of it
    std::vector<Place> places_;
    mutable std::vector<std::optional<Alphabet>> alphabets_;  // as they are asked for
};

}  // namespace s3pipes
