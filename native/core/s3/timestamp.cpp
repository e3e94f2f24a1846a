#include "core/s3/timestamp.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace s3pipes {
namespace chrono = std::chrono;

namespace {

// Reads a fixed layout from left to right; the first mismatch makes all later reads fail.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    int digits(std::size_t count) {
        if (rest_.size() < count) ok_ = false;
        int value = 0;
        for (std::size_t i = 0; ok_ && i < count; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') ok_ = false;
            value = value * 10 + (rest_[i] - '0');
        }
        if (ok_) rest_.remove_prefix(count);
        return ok_ ? value : 0;
    }
    void expect(std::string_view text) {
        if (!accept(text)) ok_ = false;
    }
    bool accept(std::string_view text) {
        if (!ok_ || !rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    // The index of the name that comes next; 0 and failure where none does.
    template <std::size_t N>
    int one_of(const std::array<std::string_view, N>& names) {
        for (std::size_t i = 0; i < N; ++i)
            if (accept(names[i])) return static_cast<int>(i);
        ok_ = false;
        return 0;
    }
    std::string_view rest() const { return rest_; }
    bool at_end() const { return ok_ && rest_.empty(); }

  private:
    std::string_view rest_;
    bool ok_ = true;
};

struct Civil {
    int year, month, day, hour, minute, second;
};

// 0 where there is no such time.
std::int64_t seconds_of(const Civil& t) {
    const auto part = [](int number) { return static_cast<unsigned>(number); };
    const chrono::year_month_day date{chrono::year(t.year), chrono::month(part(t.month)),
                                      chrono::day(part(t.day))};
    // A leap second is 60: no clock of ours shows it, but a server's may.
    if (!date.ok() || t.hour > 23 || t.minute > 59 || t.second > 60) return 0;
    const chrono::sys_seconds time = chrono::sys_days(date) + chrono::hours(t.hour) +
                                     chrono::minutes(t.minute) + chrono::seconds(t.second);
    return time.time_since_epoch().count();
}

// "08:49:37".
void scan_time_of_day(Scanner& scan, Civil& t) {
    t.hour = scan.digits(2);
    scan.expect(":");
    t.minute = scan.digits(2);
    scan.expect(":");
    t.second = scan.digits(2);
}

}  // namespace

std::int64_t parse_http_date(std::string_view value) {
    constexpr std::array<std::string_view, 7> weekdays{"Mon", "Tue", "Wed", "Thu",
                                                       "Fri", "Sat", "Sun"};
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    Scanner scan(value);
    Civil t{};
    scan.one_of(weekdays);
    scan.expect(", ");
    t.day = scan.digits(2);
    scan.expect(" ");
    t.month = scan.one_of(months) + 1;
    scan.expect(" ");
    t.year = scan.digits(4);
    scan.expect(" ");
    scan_time_of_day(scan, t);
    scan.expect(" GMT");
    return scan.at_end() ? seconds_of(t) : 0;
}

std::int64_t parse_iso8601(std::string_view value) {
    Scanner scan(value);
    Civil t{};
    t.year = scan.digits(4);
    scan.expect("-");
    t.month = scan.digits(2);
    scan.expect("-");
    t.day = scan.digits(2);
    scan.expect("T");
    scan_time_of_day(scan, t);
    if (scan.accept(".")) {
        do scan.digits(1);
        while (!scan.rest().empty() && scan.rest()[0] >= '0' && scan.rest()[0] <= '9');
    }
    int offset_s = 0;
    if (!scan.accept("Z")) {
        const int sign = scan.accept("-") ? -1 : 1;
        if (sign > 0) scan.expect("+");
        const int hours = scan.digits(2);
        scan.expect(":");
        offset_s = sign * (hours * 3600 + scan.digits(2) * 60);
    }
    const std::int64_t local = scan.at_end() ? seconds_of(t) : 0;
    return local == 0 ? 0 : local - offset_s;
}

std::string format_amz_date(std::int64_t seconds) {
    const chrono::sys_seconds time{chrono::seconds(seconds)};
    const auto midnight = chrono::floor<chrono::days>(time);
    const chrono::year_month_day date(midnight);
    const chrono::hh_mm_ss clock(time - midnight);
    char text[48];
    std::snprintf(text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text;
}

}  // namespace s3pipes
