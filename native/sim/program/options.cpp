#include "sim/program/options.hpp"

#include <charconv>
#include <stdexcept>

namespace s3pipes::sim {
namespace {

std::uint64_t whole(std::string_view option, std::string_view text, std::uint64_t most) {
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size() || value > most) {
        throw std::invalid_argument(std::string(option) + " takes a whole number up to " +
                                    std::to_string(most));
    }
    return value;
}

}  // namespace

void set(Settings& settings, std::string_view assignment) {
    const auto equals = assignment.find('=');
    const auto text = equals == assignment.npos ? "" : assignment.substr(equals + 1);
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size()) {
        throw std::invalid_argument("a setting is NAME=NUMBER, not '" + std::string(assignment) +
                                    "'");
    }
    set(settings, assignment.substr(0, equals), value);
}

Options Options::parse(std::span<char* const> words) {
    Options out;
    std::vector<std::string_view> assignments;  // hold whatever the profile says
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view option = words[i];
        if (option == "--anonymous") {
            out.anonymous = true;
            continue;
        }
        if (i + 1 == words.size()) {
            throw std::invalid_argument(std::string(option) + " needs a value");
        }
        const std::string_view value = words[++i];
        if (option == "--profile") {
            out.settings = profile(value);
        } else if (option == "--set") {
            assignments.push_back(value);
        } else if (option == "--seed") {
            out.seed = whole(option, value, ~std::uint64_t{0});
        } else if (option == "--objects") {
            out.objects.push_back(Objects::parse(value));
        } else if (option == "--bucket") {
            out.buckets.emplace_back(value);
        } else if (option == "--addresses") {
            out.addresses = static_cast<unsigned>(whole(option, value, 254));
            if (out.addresses == 0) throw std::invalid_argument("--addresses takes at least 1");
        } else if (option == "--port") {
            out.port = static_cast<std::uint16_t>(whole(option, value, 65535));
        } else if (option == "--certificate") {
            out.certificate_file = value;
        } else if (option == "--key") {
            out.key_file = value;
        } else if (option == "--host") {
            out.hosts.emplace_back(value);
        } else {
            throw std::invalid_argument("there is no option '" + std::string(option) + "'");
        }
    }
    for (const auto assignment : assignments) set(out.settings, assignment);
    return out;
}

}  // namespace s3pipes::sim
