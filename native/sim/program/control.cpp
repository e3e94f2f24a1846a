#include "sim/program/control.hpp"

#include <sys/resource.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <exception>

#include "sim/program/options.hpp"

namespace s3pipes::sim {
namespace {

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
        if (verb == "set") {
            set(world_.settings, rest);
        } else if (verb == "objects") {
            add(Objects::parse(rest));
        } else if (verb == "bucket") {
            add_bucket(std::string(rest));
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
    world_.service.add_family(std::move(family));
}

void Control::add_bucket(const std::string& name) {
    world_.service.create_bucket(name, std::time(nullptr));
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
