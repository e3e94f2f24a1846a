#include "sim/program/control.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <utility>

#include "sim/program/options.hpp"
#include "sim/s3/digits.hpp"
#include "sim/s3/query.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::size_t page_of_log = 4096;
constexpr std::uint64_t most_addresses = 254;

std::pair<std::string_view, std::string_view> two_words(std::string_view text) {
    const auto blank = std::min(text.find(' '), text.size());
    return {text.substr(0, blank), text.substr(std::min(blank + 1, text.size()))};
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

void append(std::string& out, std::string_view name, const std::string& value) {
    out.append(out.size() > 1 ? ", \"" : "\"").append(name).append("\": ").append(value);
}

void append(std::string& out, const std::string& name, const Gauge& gauge) {
    append(out, name + "_now", std::to_string(gauge.now));
    append(out, name + "_ever", std::to_string(gauge.ever));
    append(out, name + "_most", std::to_string(gauge.most));
}

}  // namespace

boost::asio::awaitable<void> Control::run(boost::asio::posix::stream_descriptor& in) {
    std::string received;
    while (true) {
        const auto [failure, size] = co_await boost::asio::async_read_until(
            in, boost::asio::dynamic_buffer(received), '\n',
            boost::asio::as_tuple(boost::asio::use_awaitable));
        if (failure) co_return;
        print_line(answer(std::string_view(received).substr(0, size - 1)));
        received.erase(0, size);
    }
}

std::string Control::answer(std::string_view line) {
    const auto space = line.find(' ');
    const auto verb = line.substr(0, space);
    const auto rest = space == line.npos ? std::string_view() : line.substr(space + 1);
    try {
        if (verb == "stats") return stats();
        if (verb == "settings") return settings();
        if (verb == "fault_log") return fault_log(rest);
        if (verb == "reset_connections") {
            return "{\"reset\": " + std::to_string(server_.reset_connections()) + "}";
        }
        if (verb == "set") {
            set(world_.settings, rest);
        } else if (verb == "objects") {
            add(Objects::parse(rest));
        } else if (verb == "bucket") {
            add_bucket(std::string(rest));
        } else if (verb == "fault") {
            world_.mishaps.add(MishapRule::parse(rest));
        } else if (verb == "clear_faults") {
            world_.mishaps.clear();
        } else if (verb == "overwrite") {
            overwrite(rest);
        } else if (verb == "door") {
            set_door(rest);
        } else {
            throw std::invalid_argument("there is no verb '" + std::string(verb) + "'");
        }
        return "{}";
    } catch (const std::exception& error) {
        return "{\"error\": " + json_text(error.what()) + "}";
    }
}

void Control::add(const Objects& objects) {
    FamilyRules family;
    family.bucket = objects.bucket;
    family.pattern = objects.pattern;
    family.count = objects.count;
    family.size_bytes = objects.size_bytes;
    family.sigma = objects.sigma;
    family.seed = seed_;
    family.summed_by = objects.summed_by;
    world_.service.add_family(std::move(family));
}

void Control::add_bucket(const std::string& name) {
    world_.service.create_bucket(name, std::time(nullptr));
}

void Control::overwrite(std::string_view bucket_and_key) {
    const auto [bucket, key] = two_words(bucket_and_key);
    world_.service.overwrite(decode_percent(bucket), decode_percent(key), world_.unix_time_s());
}

void Control::set_door(std::string_view address_and_door) {
    const auto [address, door] = two_words(address_and_door);
    const auto number = parse_number(address);
    if (!number || *number > most_addresses) throw std::invalid_argument("it has no such address");
    if (door != "open" && door != "refused" && door != "black_hole") {
        throw std::invalid_argument("a connection is refused, or falls into a black_hole, not '" +
                                    std::string(door) + "'");
    }
    server_.set_door(static_cast<unsigned>(*number), door == "open" ? Server::Door::open
                                                     : door == "refused"
                                                         ? Server::Door::refused
                                                         : Server::Door::black_hole);
}

// A page of it: {"faults": [[kind, request id, method, key, begin, end, at_byte, at_s], ...],
// "all": N}.
std::string Control::fault_log(std::string_view from) const {
    const MishapLog& log = world_.mishaps.log;
    std::string out = "{\"all\": " + std::to_string(log.size()) + ", \"faults\": [";
    const auto begin = std::min<std::uint64_t>(parse_number(from).value_or(0), log.size());
    const auto end = std::min<std::uint64_t>(log.size(), begin + page_of_log);
    const auto append_number = [&out](const std::optional<std::uint64_t>& value) {
        out.append(value ? std::to_string(*value) : "null").append(", ");
    };
    for (auto i = begin; i < end; ++i) {
        const LoggedMishap& entry = log[i];
        out.append(i == begin ? "[" : ", [");
        for (const std::string_view text :
             {name_of(entry.kind), std::string_view(entry.request_id),
              std::string_view(entry.method), std::string_view(entry.key)}) {
            out.append(json_text(text)).append(", ");
        }
        append_number(entry.begin);
        append_number(entry.end);
        append_number(entry.at_byte);
        char number[32];
        out.append(number, std::to_chars(number, number + sizeof number, entry.at_s).ptr)
            .append("]");
    }
    return out + "]}";
}

std::string Control::settings() const {
    std::string out = "{";
    for (const Setting& setting : all_settings()) {
        char number[32];
        const auto end =
            std::to_chars(number, number + sizeof number, world_.settings.*setting.value).ptr;
        append(out, setting.name, std::string(number, end));
    }
    return out + "}";
}

std::string Control::stats() const {
    const Counters& counters = world_.counters;
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    std::string out = "{";
    append(out, "connections", counters.connections);
    append(out, "requests", counters.requests);
    append(out, "body_bytes", std::to_string(counters.body_bytes));
    append(out, "slow_downs", std::to_string(counters.slow_downs));
    append(out, "broken", std::to_string(counters.broken));
    append(out, "user_s", std::to_string(seconds(usage.ru_utime)));
    append(out, "system_s", std::to_string(seconds(usage.ru_stime)));
    return out + "}";
}

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.append(1, '\\').append(1, c);
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
            out += escaped;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

void print_line(std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}

}  // namespace s3pipes::sim
