// One request to S3, for the log: every answer where anybody reads that, and slow ones.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/http/response_head.hpp"
#include "core/words/events.hpp"

namespace s3pipes {

// Looks at no clock where nobody reads it.
class RequestLog {
  public:
    // Slow from here on.
    static constexpr std::chrono::milliseconds slow_head{2000};
    static constexpr std::chrono::milliseconds slow_whole{10'000};

    RequestLog() noexcept : wanted_(Events::here().wants(Level::info)) {
        if (wanted_) began_ = Clock::now();
    }
    bool wanted() const noexcept { return wanted_; }

    // `what`: method, URL and range.
    void head_came(std::string what, const ResponseHead& head);
    void body_came();

  private:
    using Clock = std::chrono::steady_clock;

    const bool wanted_;
    Clock::time_point began_;
    std::string what_;
    std::string request_id_;
    bool told_slow_ = false;
};

}  // namespace s3pipes
