#include "sim/physics/settings.hpp"

#include <array>
#include <cmath>
#include <stdexcept>

namespace s3pipes::sim {
namespace {

constexpr double mib = 1 << 20;
constexpr double most_offset_s = 30.0 * 365 * 86400;

constexpr std::array table{
    Setting{"first_byte_median_s", &Settings::first_byte_median_s},
    Setting{"first_byte_sigma", &Settings::first_byte_sigma},
    Setting{"first_byte_floor_s", &Settings::first_byte_floor_s},
    Setting{"first_byte_added_s", &Settings::first_byte_added_s},
    Setting{"tail_share", &Settings::tail_share},
    Setting{"tail_least_s", &Settings::tail_least_s},
    Setting{"tail_most_s", &Settings::tail_most_s},
    Setting{"list_page_s", &Settings::list_page_s},
    Setting{"connection_bytes_per_s", &Settings::connection_bytes_per_s},
    Setting{"connection_sigma", &Settings::connection_sigma},
    Setting{"connection_least_bytes_per_s", &Settings::connection_least_bytes_per_s},
    Setting{"connection_most_bytes_per_s", &Settings::connection_most_bytes_per_s},
    Setting{"link_bytes_per_s", &Settings::link_bytes_per_s},
    Setting{"reads_per_s", &Settings::reads_per_s},
    Setting{"writes_per_s", &Settings::writes_per_s},
    Setting{"connect_s", &Settings::connect_s},
    Setting{"tls_s", &Settings::tls_s},
    Setting{"idle_s", &Settings::idle_s},
    Setting{"requests_per_connection", &Settings::requests_per_connection},
    Setting{"slow_address", &Settings::slow_address},
    Setting{"slow_factor", &Settings::slow_factor},
    Setting{"clock_offset_s", &Settings::clock_offset_s},
    Setting{"token_life_s", &Settings::token_life_s},
};

Settings standard() {
    Settings settings;
    settings.first_byte_median_s = 0.027;
    settings.first_byte_sigma = 0.62;
    settings.first_byte_floor_s = 0.010;
    settings.list_page_s = 0.120;
    settings.connection_bytes_per_s = 57 * mib;
    settings.connection_sigma = 0.3;
    settings.connection_least_bytes_per_s = 25 * mib;
    settings.connection_most_bytes_per_s = 93 * mib;
    settings.reads_per_s = 5500;
    settings.writes_per_s = 3500;
    settings.connect_s = 0.001;
    settings.tls_s = 0.002;
    settings.idle_s = 20;
    return settings;
}

}  // namespace

std::span<const Setting> all_settings() {
    return table;
}

Settings profile(std::string_view name) {
    if (name == "none") return {};
    if (name == "s3-standard") return standard();
    if (name == "s3-express") {
        Settings settings = standard();
        settings.first_byte_median_s = 0.0025;
        settings.first_byte_sigma = 0.57;
        settings.first_byte_floor_s = 0.001;
        return settings;
    }
    if (name == "far") {
        Settings settings = standard();
        settings.first_byte_added_s = 0.150;
        settings.connect_s = 0.150;
        settings.tls_s = 0.150;
        return settings;
    }
    throw std::invalid_argument("there is no profile '" + std::string(name) +
                                "': none, s3-standard, s3-express or far");
}

void set(Settings& settings, std::string_view name, double value) {
    for (const Setting& setting : table) {
        if (setting.name != name) continue;
        if (setting.value == &Settings::clock_offset_s) {
            // Dates have four digits for the year.
            if (!(std::abs(value) <= most_offset_s)) {
                throw std::invalid_argument(std::string(name) + " must be a number, at most " +
                                            std::to_string(static_cast<long>(most_offset_s)) +
                                            " either way");
            }
        } else if (!std::isfinite(value) || value < 0) {
            throw std::invalid_argument(std::string(name) + " must be a number of at least 0");
        }
        settings.*setting.value = value;
        return;
    }
    throw std::invalid_argument("there is no setting '" + std::string(name) + "'");
}

}  // namespace s3pipes::sim
