#include "sim/mishaps/listed.hpp"

#include <vector>

#include "sim/s3/digits.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::string_view opening = "<Contents>";
constexpr std::string_view closing = "</Contents>";

struct Entry {
    std::size_t begin, end;
};

std::vector<Entry> entries_of(std::string_view page) {
    std::vector<Entry> out;
    for (std::size_t at = page.find(opening); at != page.npos; at = page.find(opening, at)) {
        const auto end = page.find(closing, at);
        if (end == page.npos) break;
        out.push_back({at, end + closing.size()});
        at = end;
    }
    return out;
}

std::string_view between(std::string_view text, std::string_view open, std::string_view close) {
    const auto begin = text.find(open);
    if (begin == text.npos) return {};
    text.remove_prefix(begin + open.size());
    return text.substr(0, text.find(close));
}

// As if the page had been made like that: a count that does not fit would give it away.
void count_anew(std::string& page) {
    constexpr std::string_view open = "<KeyCount>", close = "</KeyCount>";
    const auto told = parse_number(between(page, open, close));
    if (!told) return;
    const auto prefixes = [&page] {
        std::size_t count = 0;
        for (auto at = page.find("<CommonPrefixes>"); at != page.npos;
             at = page.find("<CommonPrefixes>", at + 1)) {
            ++count;
        }
        return count;
    }();
    const auto begin = page.find(open) + open.size();
    page.replace(begin, page.find(close) - begin, std::to_string(keys_on(page) + prefixes));
}

}  // namespace

std::size_t keys_on(std::string_view page) noexcept {
    std::size_t count = 0;
    for (auto at = page.find(opening); at != page.npos; at = page.find(opening, at + 1)) ++count;
    return count;
}

std::string spoil_page(std::string& page, const Hit& hit) {
    const auto entries = entries_of(page);
    if (hit.kind == Mishap::list_broken_xml) {
        // In the midst of what follows the declaration, so that a reader has begun.
        page.resize(page.size() / 2 + hit.below(page.size() / 2));
        return {};
    }
    const bool swaps = hit.kind == Mishap::list_reorder;
    const auto chosen = hit.below(entries.size() - (swaps ? 1 : 0));
    const auto [begin, end] = entries[chosen];
    const std::string entry = page.substr(begin, end - begin);
    const std::string key(between(entry, "<Key>", "</Key>"));
    if (hit.kind == Mishap::list_skip) page.erase(begin, end - begin);
    if (hit.kind == Mishap::list_repeat) page.insert(begin, entry);
    if (swaps) {
        const auto [next_begin, next_end] = entries[chosen + 1];
        page.insert(next_end, entry);
        page.erase(begin, end - begin);
        (void)next_begin;
    }
    count_anew(page);
    return key;
}

}  // namespace s3pipes::sim
