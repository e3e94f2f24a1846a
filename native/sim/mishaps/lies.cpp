#include "sim/mishaps/lies.hpp"

#include <algorithm>

#include "sim/mishaps/flipped.hpp"
#include "sim/mishaps/listed.hpp"
#include "sim/s3/letters.hpp"

namespace s3pipes::sim {
namespace {

std::string* header(Answer& answer, std::string_view name) {
    for (auto& [known, value] : answer.headers)
        if (same_letters(known, name)) return &value;
    return nullptr;
}

bool has_range(const Answer& answer) noexcept {
    return answer.status == 206 && answer.content;
}

std::int64_t by(const Hit& hit, std::int64_t otherwise) noexcept {
    return hit.manner.by != 0 ? hit.manner.by : otherwise;
}

// The shift of a range never leads below the first byte.
void shift_range(Answer& answer, std::int64_t range_by, std::int64_t total_by) {
    std::string* told = header(answer, "Content-Range");
    if (told == nullptr) return;
    const auto moved = [](std::uint64_t value, std::int64_t step) {
        return static_cast<std::uint64_t>(
            std::max<std::int64_t>(0, static_cast<std::int64_t>(value) + step));
    };
    *told = "bytes " + std::to_string(moved(answer.begin, range_by)) + "-" +
            std::to_string(moved(answer.end - 1, range_by)) + "/" +
            std::to_string(moved(answer.content->size(), total_by));
}

// One hexadecimal digit is another; whatever else it is made of stays.
void change_etag(Answer& answer, const Hit& hit) {
    std::string* etag = header(answer, "ETag");
    if (etag == nullptr || etag->size() < 3) return;
    char& digit = (*etag)[1 + hit.below(etag->size() - 2)];
    digit = digit == '0' ? '1' : '0';
}

void lengthen_head(Answer& answer, std::uint64_t head_bytes) {
    constexpr std::uint64_t line_bytes = 4 << 10;
    for (std::uint64_t made = 0; made < head_bytes; made += line_bytes) {
        answer.headers.emplace_back("x-amz-meta-" + std::to_string(made),
                                    std::string(line_bytes, 'x'));
    }
}

void change_length(Framed& framed, std::int64_t length_by) {
    Answer& answer = framed.answer;
    if (length_by > 0 || answer.head) {
        framed.length_by = length_by;
        framed.closes = framed.closes || !answer.head;  // nobody waits for what never comes
        return;
    }
    // The frame fits, and the connection goes on: only who knows the length sees it.
    const auto left = answer.body_bytes() - static_cast<std::uint64_t>(-length_by);
    if (answer.content)
        answer.end = answer.begin + left;
    else
        answer.text.resize(static_cast<std::size_t>(left));
}

std::uint64_t flip(Answer& answer, const Hit& hit) {
    const auto size = answer.body_bytes();
    FlippedContent::Bits bits;
    for (std::uint64_t i = 0; bits.size() < std::min<std::uint64_t>(hit.manner.bits, size); ++i) {
        const auto place = i == 0 ? hit.place(size) : hit.below(size, 2 * i);
        const auto same = [place](const auto& bit) { return bit.first == place; };
        if (std::any_of(bits.begin(), bits.end(), same)) continue;
        bits.emplace_back(place, std::byte{1} << hit.below(8, 2 * i + 1));
    }
    const auto first = std::min_element(bits.begin(), bits.end())->first;
    if (answer.content) {
        for (auto& [offset, unused] : bits) offset += answer.begin;
        answer.content = std::make_shared<FlippedContent>(answer.content, std::move(bits));
    } else {
        for (const auto& [offset, bit] : bits) {
            char& byte = answer.text[static_cast<std::size_t>(offset)];
            byte = static_cast<char>(static_cast<std::byte>(byte) ^ bit);
        }
    }
    return first;
}

}  // namespace

bool can_lie(const MishapRule& rule, const Answer& answer) noexcept {
    if (answer.status >= 300) return false;
    const auto size = answer.body_bytes();
    const bool sends = size > 0 && !answer.head;
    switch (rule.kind) {
        case Mishap::flip: return sends && rule.manner.at_byte.value_or(0) < size;
        case Mishap::wrong_length:
            return rule.manner.by > 0 ||
                   static_cast<std::uint64_t>(rule.manner.by == 0 ? 1 : -rule.manner.by) <= size;
        case Mishap::wrong_range:
        case Mishap::no_range:
        case Mishap::wrong_total: return has_range(answer);
        case Mishap::wrong_etag: return !header_in(answer, "ETag").empty();
        case Mishap::list_skip:
        case Mishap::list_repeat:
            return answer.kind == Answer::Kind::list && keys_on(answer.text) > 0;
        case Mishap::list_reorder:
            return answer.kind == Answer::Kind::list && keys_on(answer.text) > 1;
        case Mishap::list_broken_xml: return answer.kind == Answer::Kind::list;
        default: return true;
    }
}

Told lie(Framed& framed, const Hit& hit) {
    Answer& answer = framed.answer;
    Told told;
    switch (hit.kind) {
        case Mishap::flip: told.at_byte = flip(answer, hit); break;
        case Mishap::wrong_length: change_length(framed, by(hit, -1)); break;
        case Mishap::wrong_range: shift_range(answer, by(hit, 1), 0); break;
        case Mishap::wrong_total: shift_range(answer, 0, by(hit, 1)); break;
        case Mishap::no_range:
            std::erase_if(answer.headers, [](const auto& pair) {
                return same_letters(pair.first, "Content-Range");
            });
            break;
        case Mishap::wrong_etag: change_etag(answer, hit); break;
        case Mishap::big_head: lengthen_head(answer, hit.manner.head_bytes); break;
        case Mishap::no_marks: unmark(framed); break;
        default: told.key = spoil_page(answer.text, hit); break;
    }
    return told;
}

void unmark(Framed& framed) {
    framed.of_s3 = false;
    std::erase_if(framed.answer.headers, [](const auto& pair) {
        return same_letters(pair.first, "ETag") || lowered(pair.first).starts_with("x-amz-");
    });
}

std::string header_in(const Answer& answer, std::string_view name) {
    for (const auto& [known, value] : answer.headers)
        if (same_letters(known, name)) return value;
    return {};
}

}  // namespace s3pipes::sim
