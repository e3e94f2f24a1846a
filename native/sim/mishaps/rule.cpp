#include "sim/mishaps/rule.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "core/s3/uri.hpp"
#include "sim/s3/digits.hpp"
#include "sim/s3/query.hpp"

namespace s3pipes::sim {
namespace {

using std::string_view;

[[noreturn]] void refuse(string_view name, string_view value, string_view wanted) {
    throw std::invalid_argument(std::string(name) + "=" + std::string(value) + ": " +
                                std::string(wanted));
}

double number(string_view name, string_view text, double least, double most) {
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size() || !(value >= least) ||
        !(value <= most)) {
        refuse(name, text, "a number that can be is wanted");
    }
    return value;
}

std::uint64_t whole(string_view name, string_view text) {
    const auto value = parse_number(text);
    if (!value) refuse(name, text, "a whole number of at least 0 is wanted");
    return *value;
}

// Which names a kind has beyond those of every rule.
string_view names_of(Mishap kind) {
    switch (kind) {
        case Mishap::reset:
        case Mishap::fin:
        case Mishap::tls_later: return "at_byte";
        case Mishap::stall: return "at_byte for_s";
        case Mishap::trickle: return "at_byte bytes_per_s";
        case Mishap::slow: return "factor";
        case Mishap::flip: return "at_byte bits";
        case Mishap::hang: return "for_s";
        case Mishap::slow_head: return "s";
        case Mishap::wrong_length:
        case Mishap::wrong_range:
        case Mishap::wrong_total: return "by";
        case Mishap::big_head: return "head_bytes";
        case Mishap::status: return "status code message retry_after";
        case Mishap::redirect: return "status region location";
        default: return "";
    }
}

bool has_name(string_view names, string_view name) {
    while (!names.empty()) {
        const auto blank = std::min(names.find(' '), names.size());
        if (names.substr(0, blank) == name) return true;
        names.remove_prefix(std::min(blank + 1, names.size()));
    }
    return false;
}

void take_manner(Manner& manner, string_view name, const std::string& value) {
    constexpr double much = 1e18;
    if (name == "at_byte") manner.at_byte = whole(name, value);
    if (name == "for_s") manner.for_s = number(name, value, 1e-9, much);
    if (name == "bytes_per_s") manner.bytes_per_s = number(name, value, 1e-3, much);
    if (name == "factor") manner.factor = number(name, value, 1e-9, much);
    if (name == "bits") manner.bits = static_cast<unsigned>(number(name, value, 1, 1000));
    if (name == "s") manner.s = number(name, value, 0, much);
    if (name == "by") manner.by = static_cast<std::int64_t>(number(name, value, -1e15, 1e15));
    if (name == "head_bytes")
        manner.head_bytes = std::min(whole(name, value), std::uint64_t{1} << 30);
    if (name == "status") manner.status = static_cast<unsigned>(number(name, value, 200, 999));
    if (name == "code") manner.code = value;
    if (name == "message") manner.message = value;
    if (name == "retry_after") manner.retry_after = value;
    if (name == "region") manner.region = value;
    if (name == "location") manner.location = value;
}

void take(MishapRule& rule, string_view name, const std::string& value) {
    if (name == "share") {
        rule.share = number(name, value, 0, 1);
    } else if (name == "times") {
        rule.times = whole(name, value);
    } else if (name == "after") {
        rule.after = whole(name, value);
    } else if (name == "method") {
        rule.method = value;
    } else if (name == "key") {
        rule.key = value;
    } else if (has_name(names_of(rule.kind), name)) {
        take_manner(rule.manner, name, value);
    } else {
        throw std::invalid_argument("a fault '" + std::string(name_of(rule.kind)) + "' has no '" +
                                    std::string(name) + "'");
    }
}

}  // namespace

MishapRule MishapRule::parse(string_view text) {
    const auto word = [&text] {
        const auto blank = std::min(text.find(' '), text.size());
        const auto found = text.substr(0, blank);
        text.remove_prefix(std::min(blank + 1, text.size()));
        return found;
    };
    MishapRule rule;
    rule.kind = mishap_named(word());
    if (rule.kind >= Mishap::list_skip && rule.kind <= Mishap::list_broken_xml) {
        rule.method = "LIST";
    }
    while (!text.empty()) {
        const auto assignment = word();
        const auto equals = std::min(assignment.find('='), assignment.size());
        take(rule, assignment.substr(0, equals),
             decode_percent(assignment.substr(std::min(equals + 1, assignment.size()))));
    }
    return rule;
}

bool MishapRule::matches(string_view aimed_method, const std::string& aimed_key) const noexcept {
    if (!method.empty() && method != aimed_method) return false;
    return !key || ::fnmatch(key->c_str(), aimed_key.c_str(), 0) == 0;
}

}  // namespace s3pipes::sim
