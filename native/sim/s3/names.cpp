#include "sim/s3/names.hpp"

#include <algorithm>

#include "core/s3/uri.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/utf8.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::size_t longest_key = 1024;

}  // namespace

bool is_bucket_name(std::string_view name) noexcept {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (name.size() < 3 || name.size() > 63 || !plain(name.front()) || !plain(name.back()))
        return false;
    return name.find("..") == name.npos && std::all_of(name.begin(), name.end(), [&](char c) {
               return plain(c) || c == '-' || c == '.';
           });
}

void check_key(std::string_view key) {
    if (key.size() > longest_key)
        throw Fault(code::key_too_long)
            .with("Size", std::to_string(key.size()))
            .with("MaxSizeAllowed", std::to_string(longest_key));
    if (!is_utf8(key)) throw Fault(code::invalid_uri);
}

std::string encode_listed(std::string_view name) {
    const auto encoded = encode_path(name);
    std::string out;
    for (std::string_view rest = encoded; !rest.empty();) {
        const bool space = rest.starts_with("%20");
        out += space ? '+' : rest[0];
        rest.remove_prefix(space ? 3 : 1);
    }
    return out;
}

std::string rate_prefix(std::string_view bucket, std::string_view key) {
    const auto slash = key.rfind('/');
    std::string out(bucket);
    out += '/';
    if (slash != key.npos) out += key.substr(0, slash + 1);
    return out;
}

}  // namespace s3pipes::sim
