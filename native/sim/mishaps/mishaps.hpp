// The rules of what goes wrong, and what their chance says.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/mishaps/log.hpp"
#include "sim/mishaps/rule.hpp"
#include "sim/s3/aim.hpp"

namespace s3pipes::sim {

// What one request meets with.
struct Hit {
    Mishap kind;
    Manner manner;
    std::uint64_t chance = 0;  // bits, for what is left open

    std::uint64_t below(std::uint64_t limit, std::uint64_t salt = 0) const noexcept;
    // Of a body of that size: as the manner says, or drawn.
    std::uint64_t place(std::uint64_t body_bytes) const noexcept;
};

// Chance is a function of the seed, of the rule's number, and of how many requests it matched
// before: nothing else that is drawn depends on it, and one client alone meets with the same again.
class Mishaps {
  public:
    explicit Mishaps(std::uint64_t seed) noexcept : seed_(seed) {}

    void add(MishapRule rule);
    void clear() noexcept { rules_.clear(); }
    bool any() const noexcept { return !rules_.empty(); }

    // Of the first rule of this stage that matches, fits (Fits(const MishapRule&)) and is drawn.
    template <typename Fits>
    std::optional<Hit> draw(Stage stage, const Aim& aim, Fits fits) {
        for (Live& live : rules_) {
            if (stage_of(live.rule.kind) != stage) continue;
            if (stage != Stage::connection && !live.rule.matches(aim.method, aim.key)) continue;
            if (!fits(std::as_const(live.rule))) continue;
            if (auto hit = draw(live)) return hit;
        }
        return std::nullopt;
    }

    MishapLog log;

  private:
    struct Live {
        MishapRule rule;
        std::uint64_t number;
        std::uint64_t seen = 0, hits = 0;
    };

    std::optional<Hit> draw(Live& live) const;

    std::uint64_t seed_;
    std::uint64_t added_ = 0;
    std::vector<Live> rules_;
};

}  // namespace s3pipes::sim
