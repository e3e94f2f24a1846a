#include "sim/mishaps/mishaps.hpp"

#include <algorithm>

#include "sim/s3/mixed.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::uint64_t of_mishaps = 0x6d69736861707321;  // apart from what physics draws

double uniform(std::uint64_t bits) noexcept {  // [0, 1)
    return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace

std::uint64_t Hit::below(std::uint64_t limit, std::uint64_t salt) const noexcept {
    return limit == 0 ? 0 : mixed(chance ^ mixed(salt)) % limit;
}

std::uint64_t Hit::place(std::uint64_t body_bytes) const noexcept {
    return manner.at_byte ? std::min(*manner.at_byte, body_bytes) : below(body_bytes);
}

void Mishaps::add(MishapRule rule) {
    rules_.push_back({std::move(rule), ++added_});
}

std::optional<Hit> Mishaps::draw(Live& live) const {
    const MishapRule& rule = live.rule;
    const std::uint64_t seen = live.seen++;
    if (seen < rule.after) return std::nullopt;
    if (rule.times && live.hits >= *rule.times) return std::nullopt;
    const auto chance = mixed(mixed(mixed(seed_ ^ of_mishaps) ^ live.number) ^ seen);
    if (rule.share < 1 && uniform(mixed(chance)) >= rule.share) return std::nullopt;
    ++live.hits;
    return Hit{rule.kind, rule.manner, chance};
}

}  // namespace s3pipes::sim
