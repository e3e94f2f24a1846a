#include "sim/s3/family.hpp"

#include <charconv>
#include <cmath>
#include <stdexcept>

#include "sim/s3/digits.hpp"
#include "sim/s3/mixed.hpp"

namespace s3pipes::sim {
namespace {

constexpr unsigned most_digits = 18;
constexpr std::uint64_t largest_bytes = std::uint64_t{5} << 40;

std::uint64_t power_of_ten(unsigned digits) {
    std::uint64_t value = 1;
    while (digits-- > 0) value *= 10;
    return value;
}

[[noreturn]] void refuse(const std::string& why) {
    throw std::invalid_argument(why);
}

}  // namespace

Family::Family(FamilyRules rules) : rules_(std::move(rules)) {
    const std::string& pattern = rules_.pattern;
    const auto open = pattern.find("{:0");
    const auto close = open == pattern.npos ? open : pattern.find("d}", open);
    std::optional<std::uint64_t> width;
    if (close != pattern.npos)
        width = parse_number(std::string_view(pattern).substr(open + 3, close - open - 3));
    if (!width || *width == 0 || *width > most_digits)
        refuse("the pattern '" + pattern + "' needs one counter such as {:06d}");
    digits_ = static_cast<unsigned>(*width);
    prefix_ = pattern.substr(0, open);
    suffix_ = pattern.substr(close + 2);
    if (prefix_.size() + digits_ + suffix_.size() > 1024)
        refuse("a key of the pattern '" + pattern + "' is longer than 1024 bytes");
    const auto values = power_of_ten(digits_);
    if (rules_.first > values || rules_.count > values - rules_.first)
        refuse("the counter of '" + pattern + "' is too narrow for " +
               std::to_string(rules_.count) + " keys");
    if (rules_.size_bytes > largest_bytes) refuse("no object is larger than 5 TiB");
    if (!(rules_.sigma >= 0 && rules_.sigma <= 10)) refuse("sigma lies between 0 and 10");
    mark_ = mixed(rules_.version);
    for (const auto text : {std::string_view(rules_.bucket), std::string_view(pattern)})
        for (const char c : text) mark_ = mixed(mark_ ^ static_cast<unsigned char>(c));
}

std::string Family::key(std::uint64_t index) const {
    char counter[20];
    const auto end = std::to_chars(counter, counter + sizeof counter, rules_.first + index).ptr;
    const auto size = static_cast<std::size_t>(end - counter);
    std::string out;
    out.reserve(prefix_.size() + digits_ + suffix_.size());
    out.append(prefix_).append(digits_ - size, '0').append(counter, size).append(suffix_);
    return out;
}

std::uint64_t Family::size(std::uint64_t index) const {
    if (rules_.sigma == 0 || rules_.size_bytes == 0) return rules_.size_bytes;
    // Box and Muller's: two even numbers in (0, 1] make a normal one.
    const auto even = [&](std::uint64_t salt) {
        const auto bits = mixed(rules_.seed ^ mixed(2 * index + salt));
        return (static_cast<double>(bits >> 11) + 1) * 0x1p-53;
    };
    const double normal = std::sqrt(-2 * std::log(even(0))) * std::cos(2 * M_PI * even(1));
    const double bytes = static_cast<double>(rules_.size_bytes) * std::exp(rules_.sigma * normal);
    return bytes < 1                                     ? 1
           : bytes >= static_cast<double>(largest_bytes) ? largest_bytes
                                                         : static_cast<std::uint64_t>(bytes);
}

Object Family::object(std::uint64_t index, std::uint64_t revision) const {
    Object object;
    object.size = size(index);
    // Not the MD5 of a terabyte; S3's own is none either where objects are encrypted with KMS.
    const auto mark = revision == 0 ? mark_ : mixed(mark_ ^ mixed(revision));
    const auto high = mixed(mark ^ (rules_.first + index));
    object.etag = etag_of(high, mixed(high ^ object.size));
    object.last_modified = rules_.last_modified;
    object.summed_by = rules_.summed_by;
    object.headers.emplace_back("Content-Type", "binary/octet-stream");
    return object;
}

std::optional<std::uint64_t> Family::find(std::string_view key) const noexcept {
    if (key.size() != prefix_.size() + digits_ + suffix_.size() || !key.starts_with(prefix_) ||
        !key.ends_with(suffix_))
        return std::nullopt;
    const auto counter = parse_number(key.substr(prefix_.size(), digits_));
    if (!counter || *counter < rules_.first || *counter - rules_.first >= rules_.count)
        return std::nullopt;
    return *counter - rules_.first;
}

std::uint64_t Family::at_or_after(std::string_view wanted) const {
    std::uint64_t begin = 0, end = rules_.count;
    while (begin < end) {
        const auto middle = begin + (end - begin) / 2;
        if (key(middle) < wanted)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

}  // namespace s3pipes::sim
