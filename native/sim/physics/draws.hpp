// What chance decides, repeatably: each draw is a function of the seed and of what it is drawn for.
#pragma once

#include <cstdint>

#include "sim/physics/settings.hpp"

namespace s3pipes::sim {

class Draws {
  public:
    explicit Draws(std::uint64_t seed) : seed_(seed) {}

    // `connection` counts from 1 over the whole server, `request` from 1 on its connection.
    double first_byte_s(const Settings& settings, std::uint64_t connection,
                        std::uint64_t request) const noexcept;
    double list_page_s(const Settings& settings, std::uint64_t connection,
                       std::uint64_t request) const noexcept;
    // 0: no limit.
    double bytes_per_s(const Settings& settings, std::uint64_t connection) const noexcept;

  private:
    double uniform(std::uint64_t what, std::uint64_t a, std::uint64_t b) const noexcept;  // [0, 1)
    double normal(std::uint64_t what, std::uint64_t a, std::uint64_t b) const noexcept;
    double tail_or(double usual_s, const Settings& settings, std::uint64_t connection,
                   std::uint64_t request) const noexcept;

    std::uint64_t seed_;
};

}  // namespace s3pipes::sim
