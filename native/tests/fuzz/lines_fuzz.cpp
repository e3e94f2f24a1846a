// However a text is cut into pieces and batches, the lines are those of a splitter too simple to be
// wrong.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/records/line_splitter.hpp"

using namespace s3pipes;

namespace {

struct Outcome {
    std::vector<std::string> lines;
    std::optional<std::uint64_t> too_long;  // offset
    bool operator==(const Outcome&) const = default;
};

Outcome simply(std::string_view text, const LineRules& rules) {
    Outcome outcome;
    std::uint64_t skip = rules.skip_lines;
    for (std::size_t begin = 0; begin < text.size();) {
        std::size_t end = begin;
        while (end < text.size() && text[end] != '\n') ++end;
        if (end - begin > rules.max_line_bytes) {
            outcome.too_long = begin;
            break;
        }
        end = std::min(end + 1, text.size());
        std::string line(text.substr(begin, end - begin));
        begin = end;
        if (rules.strip) {
            while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
            while (!line.empty() && (line.front() == '\n' || line.front() == '\r'))
                line.erase(0, 1);
        }
        if (skip > 0)
            --skip;
        else
            outcome.lines.push_back(line);
    }
    return outcome;
}

void drain(LineSplitter& splitter, std::size_t most, std::size_t most_bytes, Outcome& outcome) {
    std::vector<std::string_view> found;
    do {
        found.clear();
        splitter.split(found, most, most_bytes);
        outcome.lines.insert(outcome.lines.end(), found.begin(), found.end());
    } while (!found.empty() || splitter.waiting_bytes() > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 10) return 0;
    const LineRules rules{(data[0] & 1) != 0, 1u + data[1] % 64u, data[2] % 4u};
    const std::size_t most = 1u + data[3] % 8u;
    const std::size_t most_bytes = 1u + data[4];
    const std::uint8_t* const cuts = data + 5;  // the next five bytes, over and over
    const std::string_view text(reinterpret_cast<const char*>(data) + 10, size - 10);

    LineSplitter splitter(rules);
    Outcome outcome;
    splitter.start();
    try {
        std::size_t turn = 0;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t count = std::min<std::size_t>(cuts[turn++ % 5], text.size() - at);
            const std::string piece(text.substr(at, std::max<std::size_t>(count, 1)));
            at += piece.size();
            splitter.feed(piece);
            drain(splitter, most, most_bytes, outcome);
        }
        splitter.finish();
        drain(splitter, most, most_bytes, outcome);
    } catch (const LineTooLong& error) {
        outcome.too_long = error.offset;
    }
    if (!(outcome == simply(text, rules))) std::abort();
    return 0;
}
