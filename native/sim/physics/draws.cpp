#include "sim/physics/draws.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sim/s3/mixed.hpp"

namespace s3pipes::sim {
namespace {

// What a number is drawn for; two for each normal one.
enum What : std::uint64_t { first_byte = 1, tail = 3, bandwidth = 5 };

}  // namespace

double Draws::uniform(std::uint64_t what, std::uint64_t a, std::uint64_t b) const noexcept {
    const std::uint64_t bits = mixed(mixed(mixed(mixed(seed_) ^ what) ^ a) ^ b);
    return static_cast<double>(bits >> 11) * 0x1p-53;
}

// Box and Muller.
double Draws::normal(std::uint64_t what, std::uint64_t a, std::uint64_t b) const noexcept {
    const double far = std::sqrt(-2 * std::log(1 - uniform(what, a, b)));
    return far * std::cos(2 * std::numbers::pi * uniform(what + 1, a, b));
}

double Draws::first_byte_s(const Settings& settings, std::uint64_t connection,
                           std::uint64_t request) const noexcept {
    double drawn_s = settings.first_byte_median_s;
    if (settings.first_byte_sigma > 0 && drawn_s > 0) {
        drawn_s *= std::exp(settings.first_byte_sigma * normal(first_byte, connection, request));
    }
    return tail_or(std::max(drawn_s, settings.first_byte_floor_s), settings, connection, request);
}

double Draws::list_page_s(const Settings& settings, std::uint64_t connection,
                          std::uint64_t request) const noexcept {
    return tail_or(settings.list_page_s, settings, connection, request);
}

double Draws::tail_or(double usual_s, const Settings& settings, std::uint64_t connection,
                      std::uint64_t request) const noexcept {
    if (settings.tail_share > 0 && uniform(tail, connection, request) < settings.tail_share) {
        const double span_s = std::max(0.0, settings.tail_most_s - settings.tail_least_s);
        usual_s = settings.tail_least_s + span_s * uniform(tail + 1, connection, request);
    }
    return usual_s + settings.first_byte_added_s;
}

double Draws::bytes_per_s(const Settings& settings, std::uint64_t connection) const noexcept {
    const double median = settings.connection_bytes_per_s;
    if (median <= 0) return 0;
    double drawn = median * std::exp(settings.connection_sigma * normal(bandwidth, connection, 0));
    drawn = std::max(drawn, settings.connection_least_bytes_per_s);
    if (settings.connection_most_bytes_per_s > 0) {
        drawn = std::min(drawn, settings.connection_most_bytes_per_s);
    }
    return drawn;
}

}  // namespace s3pipes::sim
