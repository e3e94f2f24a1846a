#include "core/policy/key_space.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/words/utf8.hpp"

namespace s3pipes {
namespace {

constexpr std::size_t longest_key_bytes = 1024;
// After so many a place has shown whatever stands there.
constexpr int enough_rounds = 3;

bool is_digit(char32_t c) {
    return c >= U'0' && c <= U'9';
}
bool is_lower(char32_t c) {
    return c >= U'a' && c <= U'z';
}
bool is_upper(char32_t c) {
    return c >= U'A' && c <= U'Z';
}
bool is_letter(char32_t c) {
    return is_lower(c) || is_upper(c);
}
bool is_alnum(char32_t c) {
    return is_digit(c) || is_letter(c);
}

// XML 1.0 has no way to write the others; a server may put what it was asked into its answer.
bool xml_can_hold(char32_t c) {
    return c >= 0x20 && c != 0x7f && c != 0xfffe && c != 0xffff;
}

std::size_t common(const std::u32string& a, const std::u32string& b) {
    const auto [end, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<std::size_t>(end - a.begin());
}

template <typename Set>
void add_range(Set& into, char32_t first, char32_t last) {
    for (char32_t c = first; c <= last; ++c) into.insert(c);
}

}  // namespace

KeySpace::KeySpace(const std::string& prefix) {
    const auto text = from_utf8(prefix);
    // Bytes that are no text: no key of these can be named either.
    prefix_ = text ? text->size() : 0;
}

void KeySpace::learn(const std::vector<std::string_view>& keys) {
    std::optional<std::u32string> before;
    for (const std::string_view key : keys) {
        auto text = from_utf8(key);
        if (!text) continue;
        const std::size_t end = std::min(text->size(), most_places);
        if (places_.size() < end) places_.resize(end);
        const std::size_t same = before ? common(*before, *text) : end;
        for (std::size_t i = std::min(prefix_, end); i < end; ++i) {
            Place& place = places_[i];
            if (!place.full()) place.seen.insert((*text)[i]);
            if (i > same) ++place.rounds;
        }
        before = std::move(text);
    }
    alphabets_.assign(places_.size(), std::nullopt);
}

// Of what stands at a place, and beside it in the same word, to what may stand there.
KeySpace::Alphabet KeySpace::closed(std::size_t place) const {
    std::set<char32_t> all = places_[place].seen;
    const auto letters = [&] {
        std::erase_if(all, [](char32_t c) { return !xml_can_hold(c); });
        return Alphabet(all.begin(), all.end());
    };
    if (places_[place].rounds >= enough_rounds) return letters();
    const auto in_a_word = [&](std::size_t i) {
        const auto& seen = places_[i].seen;
        return !seen.empty() && std::all_of(seen.begin(), seen.end(), is_alnum);
    };
    std::set<char32_t> word;
    bool mixed = false;
    const auto take = [&](std::size_t i) {
        const auto& seen = places_[i].seen;
        word.insert(seen.begin(), seen.end());
        mixed |= std::any_of(seen.begin(), seen.end(), is_digit) &&
                 std::any_of(seen.begin(), seen.end(), is_letter);
    };
    if (in_a_word(place)) {
        for (std::size_t i = place + 1; i-- > prefix_ && in_a_word(i);) take(i);
        for (std::size_t i = place + 1; i < places_.size() && in_a_word(i); ++i) take(i);
    }
    // Digits and letters at one place make the whole word one of a random kind.
    const std::set<char32_t>& shown = mixed ? word : places_[place].seen;
    const bool digits = std::any_of(shown.begin(), shown.end(), is_digit);
    const bool lower = std::any_of(shown.begin(), shown.end(), is_lower);
    const bool upper = std::any_of(shown.begin(), shown.end(), is_upper);
    const bool hex = mixed && std::all_of(shown.begin(), shown.end(), [](char32_t c) {
                         return is_digit(c) || (c >= U'a' && c <= U'f') || (c >= U'A' && c <= U'F');
                     });
    if (digits) add_range(all, U'0', U'9');
    if (lower) add_range(all, U'a', hex ? U'f' : U'z');
    if (upper) add_range(all, U'A', hex ? U'F' : U'Z');
    return letters();
}

const KeySpace::Alphabet& KeySpace::alphabet(std::size_t place) const {
    static const Alphabet none;
    if (place < prefix_ || place >= places_.size()) return none;
    auto& found = alphabets_[place];
    if (!found) found = closed(place);
    return *found;
}

// In [0, 1]: what follows the first `from` characters, which are taken as given.
double KeySpace::value(const std::u32string& key, std::size_t from) const {
    double sum = 0, unit = 1;
    for (std::size_t i = from; i < key.size() && unit > 1e-18; ++i) {
        const Alphabet& letters = alphabet(i);
        if (letters.empty()) break;
        const auto at = std::lower_bound(letters.begin(), letters.end(), key[i]);
        unit /= static_cast<double>(letters.size());
        sum += unit * static_cast<double>(at - letters.begin());
        if (at == letters.end() || *at != key[i]) break;  // between two letters
    }
    return sum;
}

double KeySpace::times(std::string_view first, std::string_view reached,
                       std::string_view end) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const auto a = from_utf8(first), b = from_utf8(reached), c = from_utf8(end);
    if (!a || !b || !c) return infinity;
    const std::size_t from = std::max(prefix_, std::min(common(*a, *b), common(*b, *c)));
    const double here = value(*b, from);
    const double gone = here - value(*a, from);
    return gone < 1e-15 ? infinity : std::max(0.0, value(*c, from) - here) / gone;
}

std::optional<std::string> KeySpace::between(std::string_view low, std::string_view high,
                                             double share) const {
    const auto a = from_utf8(low), b = from_utf8(high);
    if (!a || !b) return std::nullopt;
    const std::size_t from = std::max(prefix_, common(*a, *b));
    if (from > a->size() || from > b->size()) return std::nullopt;
    const double begin = value(*a, from), way = value(*b, from) - begin;
    if (way <= 1e-15) return std::nullopt;
    double rest = begin + way * share;
    std::u32string named = b->substr(0, from);
    double unit = 1;
    for (std::size_t i = from; unit > 1e-15; ++i) {
        const Alphabet& letters = alphabet(i);
        if (letters.empty()) break;
        const double scaled = rest * static_cast<double>(letters.size());
        const auto digit = std::min(static_cast<std::size_t>(scaled), letters.size() - 1);
        rest = scaled - static_cast<double>(digit);
        named += letters[digit];
        unit /= static_cast<double>(letters.size());
        if (letters.size() == 1 || unit > way / 64) continue;  // a split as exact as it need be
        const std::string text = to_utf8(named);
        if (text > low && text < high) break;
    }
    if (!std::all_of(named.begin(), named.end(), xml_can_hold)) return std::nullopt;
    std::string text = to_utf8(named);
    if (text <= low || text >= high || text.size() > longest_key_bytes) return std::nullopt;
    return text;
}

std::vector<KeySpace::Beyond> KeySpace::beyond(std::string_view low) const {
    std::vector<Beyond> found;
    const auto key = from_utf8(low);
    if (!key) return found;
    const auto bad = std::find_if_not(key->begin(), key->end(), xml_can_hold);
    const std::size_t end =
        std::min({key->size(), places_.size(), static_cast<std::size_t>(bad - key->begin())});
    for (std::size_t i = end; i-- > prefix_;) {
        const Alphabet& letters = alphabet(i);
        const auto after = std::upper_bound(letters.begin(), letters.end(), (*key)[i]);
        // Words that never differed rarely do: one more letter tells as much as many.
        const bool varied = places_[i].seen.size() > 1 || is_digit((*key)[i]);
        const auto left = static_cast<std::size_t>(letters.end() - after);
        const auto count_up = [&](std::size_t step) {
            std::u32string named = key->substr(0, i);
            named += after[static_cast<std::ptrdiff_t>(step) - 1];
            found.push_back({to_utf8(named), varied});
        };
        if (left != 0) count_up(1);
        for (std::size_t step = 4; varied && step < left; step *= 4) count_up(step);
        if (varied && left > 1) count_up(left);
    }
    return found;
}

}  // namespace s3pipes
