#include "sim/s3/query.hpp"

#include <algorithm>

#include "core/s3/uri.hpp"
#include "sim/s3/digits.hpp"
#include "sim/s3/fault.hpp"

namespace s3pipes::sim {
std::string decode_percent(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) throw Fault(code::invalid_uri);
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

Query::Query(std::string_view encoded) {
    while (!encoded.empty()) {
        const auto end = std::min(encoded.find('&'), encoded.size());
        const auto pair = encoded.substr(0, end);
        encoded.remove_prefix(std::min(end + 1, encoded.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        const auto value = pair.substr(std::min(equals + 1, pair.size()));
        pairs_.emplace_back(decode_form(pair.substr(0, equals)), decode_form(value));
    }
}

const std::string* Query::find(std::string_view name) const noexcept {
    for (const auto& [key, value] : pairs_)
        if (key == name) return &value;
    return nullptr;
}

std::optional<std::string_view> Query::get(std::string_view name) const noexcept {
    const auto* const found = find(name);
    return found ? std::optional<std::string_view>(*found) : std::nullopt;
}

std::size_t Query::number(std::string_view name, std::size_t otherwise, std::size_t limit) const {
    const auto* const text = find(name);
    if (!text || text->empty()) return otherwise;
    const auto value = parse_number(*text);
    if (!value || *value > limit)
        throw Fault(code::invalid_argument, "Argument " + std::string(name) +
                                                " must be an integer between 0 and " +
                                                std::to_string(limit))
            .with("ArgumentName", name)
            .with("ArgumentValue", *text);
    return static_cast<std::size_t>(*value);
}

}  // namespace s3pipes::sim
