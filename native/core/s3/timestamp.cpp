#include "core/s3/timestamp.hpp"

#include <array>
#include <cstdio>

namespace s3pipes {
namespace {

// Days since 1970-01-01 in the proleptic Gregorian calendar.
constexpr std::int64_t days_from_civil(std::int64_t year, int month, int day) noexcept {
    year -= month <= 2;  // years that begin in March put the leap day last
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}
static_assert(days_from_civil(1970, 1, 1) == 0 && days_from_civil(2000, 3, 1) == 11017);

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

constexpr bool is_leap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool is_real(const Civil& t) {
    constexpr std::array<int, 12> lengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (t.month < 1 || t.month > 12 || t.day < 1 || t.hour > 23 || t.minute > 59) return false;
    const int leap_day = t.month == 2 && is_leap(t.year);
    // A leap second is 60: no clock of ours shows it, but a server's may.
    return t.day <= lengths[static_cast<std::size_t>(t.month - 1)] + leap_day && t.second <= 60;
}

std::int64_t seconds_of(const Civil& t) {
    return days_from_civil(t.year, t.month, t.day) * 86400 + t.hour * 3600 + t.minute * 60 +
           t.second;
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
    t.hour = scan.digits(2);
    scan.expect(":");
    t.minute = scan.digits(2);
    scan.expect(":");
    t.second = scan.digits(2);
    scan.expect(" GMT");
    return scan.at_end() && is_real(t) ? seconds_of(t) : 0;
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
    t.hour = scan.digits(2);
    scan.expect(":");
    t.minute = scan.digits(2);
    scan.expect(":");
    t.second = scan.digits(2);
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
    return scan.at_end() && is_real(t) ? seconds_of(t) - offset_s : 0;
}

std::string format_amz_date(std::int64_t seconds) {
    std::int64_t days = seconds / 86400;
    std::int64_t rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        --days;
    }
    // The inverse of days_from_civil.
    days += 719468;
    const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const std::int64_t day_of_era = days - era * 146097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
    const std::int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    const std::int64_t month = shifted_month + (shifted_month < 10 ? 3 : -9);
    const std::int64_t year = era * 400 + year_of_era + (month <= 2);

    std::string out(16, '0');
    const auto put = [&](std::size_t at, std::size_t width, std::int64_t value) {
        for (std::size_t i = width; i-- > 0; value /= 10)
            out[at + i] = static_cast<char>('0' + value % 10);
    };
    put(0, 4, year);
    put(4, 2, month);
    put(6, 2, day);
    out[8] = 'T';
    put(9, 2, rest / 3600);
    put(11, 2, rest / 60 % 60);
    put(13, 2, rest % 60);
    out[15] = 'Z';
    return out;
}

}  // namespace s3pipes
