#include "sim/mishaps/kind.hpp"

#include <array>
#include <stdexcept>
#include <string>

namespace s3pipes::sim {
namespace {

constexpr std::array<std::string_view, 30> names{
    "reset",       "fin",         "stall",        "trickle",         "slow",          "flip",
    "tls_later",   "hang",        "slow_head",    "wrong_length",    "wrong_range",   "no_range",
    "wrong_total", "wrong_etag",  "big_head",     "no_marks",        "status",        "error_200",
    "html",        "redirect",    "skewed",       "expired_token",   "overwrite",     "delete",
    "list_skip",   "list_repeat", "list_reorder", "list_broken_xml", "tls_handshake", "black_hole",
};
static_assert(names[static_cast<std::size_t>(Mishap::black_hole)] == "black_hole");
static_assert(names[static_cast<std::size_t>(Mishap::list_skip)] == "list_skip");
static_assert(names[static_cast<std::size_t>(Mishap::status)] == "status");

}  // namespace

std::string_view name_of(Mishap kind) noexcept {
    return names[static_cast<std::size_t>(kind)];
}

Mishap mishap_named(std::string_view name) {
    std::string known;
    for (std::size_t i = 0; i + 1 < names.size(); ++i) {
        if (names[i] == name) return static_cast<Mishap>(i);
        known.append(known.empty() ? "" : ", ").append(names[i]);
    }
    throw std::invalid_argument("there is no fault '" + std::string(name) + "': " + known);
}

}  // namespace s3pipes::sim
