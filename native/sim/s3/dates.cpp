#include "sim/s3/dates.hpp"

#include <chrono>
#include <cstdio>

#include "core/s3/timestamp.hpp"

namespace s3pipes::sim {
namespace {

namespace chrono = std::chrono;

struct Civil {
    explicit Civil(std::int64_t seconds)
        : time{chrono::seconds(seconds)},
          midnight(chrono::floor<chrono::days>(time)),
          date(midnight),
          clock(time - midnight) {}

    unsigned day() const { return static_cast<unsigned>(date.day()); }
    unsigned month() const { return static_cast<unsigned>(date.month()); }
    int year() const { return static_cast<int>(date.year()); }
    int hour() const { return static_cast<int>(clock.hours().count()); }
    int minute() const { return static_cast<int>(clock.minutes().count()); }
    int second() const { return static_cast<int>(clock.seconds().count()); }

    chrono::sys_seconds time;
    chrono::sys_days midnight;
    chrono::year_month_day date;
    chrono::hh_mm_ss<chrono::seconds> clock;
};

}  // namespace

std::string http_date(std::int64_t seconds) {
    static constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const Civil t(seconds);
    char text[64];
    const int size =
        std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                      weekdays[chrono::weekday(t.midnight).c_encoding()], t.day(),
                      months[t.month() - 1], t.year(), t.hour(), t.minute(), t.second());
    return {text, static_cast<std::size_t>(size)};
}

std::string iso_date(std::int64_t seconds) {
    const Civil t(seconds);
    char text[64];
    const int size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.000Z",
                                   t.year(), t.month(), t.day(), t.hour(), t.minute(), t.second());
    return {text, static_cast<std::size_t>(size)};
}

std::int64_t parse_amz_date(std::string_view value) {
    if (value.size() != 16) return 0;
    std::string iso;
    const auto part = [&](std::size_t begin, std::size_t size) {
        iso.append(value.substr(begin, size));
        return true;
    };
    part(0, 4), iso += '-', part(4, 2), iso += '-', part(6, 5), iso += ':', part(11, 2);
    iso += ':', part(13, 3);
    return parse_iso8601(iso);
}

}  // namespace s3pipes::sim
