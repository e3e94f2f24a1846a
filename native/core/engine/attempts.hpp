// The attempts of one request, counted and paced.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "core/policy/retry.hpp"
#include "core/words/failure.hpp"

namespace s3pipes {

class Attempts {
  public:
    using Clock = std::chrono::steady_clock;

    explicit Attempts(const RetryRules& rules) : rules_(rules), began_(Clock::now()) {}

    void begun() noexcept {
        ++count_;
        ++stuck_;
    }

    // So many bytes came: a long body on a bad line is worth more time, but only as much as the
    // slowest line would need; and more attempts, where they were enough.
    void brought(std::uint64_t bytes, bool enough) noexcept {
        if (enough) stuck_ = 1;
        earned_ += std::chrono::milliseconds(bytes * 1000 / slowest_bytes_per_s);
    }

    // How long to wait before the next attempt; nullopt: give up. A process that was stopped, or a
    // machine that slept, has not been trying meanwhile: that is not of its time.
    // `least`: it has to wait so long anyway.
    std::optional<std::chrono::milliseconds> failed(const Error& error, Clock::duration held_up,
                                                    std::chrono::milliseconds least) {
        using std::chrono::duration_cast;
        using std::chrono::milliseconds;
        const auto elapsed = duration_cast<milliseconds>(Clock::now() - began_ - earned_ - held_up);
        // New credentials make a different request: tried once more than others, without delay.
        if (error.kind == ErrorKind::expired_credentials && refreshes_++ < 2) return least;
        // What comes back wrong again and again was stored so.
        if (error.kind == ErrorKind::checksum_mismatch && ++mismatches_ >= most_mismatches)
            return std::nullopt;
        doubts_ = is_doubtful(error.kind) ? doubts_ + 1 : 0;
        if (doubts_ >= rules_.max_doubts) return std::nullopt;
        static thread_local std::mt19937_64 engine{std::random_device{}()};
        const auto delay = next_delay(rules_, error.kind, stuck_, elapsed, error.retry_after,
                                      std::uniform_real_distribution<double>(0, 1)(engine));
        if (!delay || elapsed + least > rules_.time_limit) return std::nullopt;
        return std::max(*delay, least);
    }

    Failure failure(Error error, std::string url, ByteRange range) const {
        return Failure(std::move(error), std::move(url), range, count_,
                       std::chrono::duration<double>(Clock::now() - began_).count());
    }

    int count() const noexcept { return count_; }

  private:
    static constexpr std::uint64_t slowest_bytes_per_s = 64 << 10;
    static constexpr int most_mismatches = 3;

    RetryRules rules_;
    Clock::time_point began_;
    std::chrono::milliseconds earned_{0};
    int count_ = 0;
    int stuck_ = 0;   // attempts since bytes came
    int doubts_ = 0;  // answers in a row that cannot be right
    int refreshes_ = 0;
    int mismatches_ = 0;
};

}  // namespace s3pipes
