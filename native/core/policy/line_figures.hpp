// What one connection delivers.
#pragma once

#include <algorithm>
#include <cstdint>

namespace s3pipes {

// What one whole answer took.
struct AnswerFigures {
    double first_byte_s = 0;  // from the request to the first byte
    std::uint64_t bytes = 0;  // of the body
    double body_s = 0;        // from the first byte to the last
};

// The last answers of one connection; older ones fade.
class LineFigures {
  public:
    static constexpr int most_answers = 16;
    static constexpr std::uint64_t telling_bytes = 64 << 10;  // a shorter body tells no rate

    // usual_log_latency: of all connections. One answer in a thousand takes as long as a hundred
    // others, and must not decide.
    void answered(const AnswerFigures& answer, double log_latency,
                  double usual_log_latency) noexcept {
        answers_ = std::min(answers_ + 1, most_answers);
        log_latency = std::clamp(log_latency, usual_log_latency - at_most_off,
                                 usual_log_latency + at_most_off);
        log_latency_ += (log_latency - log_latency_) / answers_;
        if (answer.bytes < telling_bytes) return;
        if (body_s_ > memory_s) {
            body_bytes_ /= 2;
            body_s_ /= 2;
        }
        body_bytes_ += static_cast<double>(answer.bytes);
        body_s_ += std::max(answer.body_s, 1e-6);
    }

    int answers() const noexcept { return answers_; }
    double log_latency() const noexcept { return log_latency_; }
    // Bytes per second while a body comes; 0: not known.
    double rate() const noexcept { return body_s_ > 0 ? body_bytes_ / body_s_ : 0; }

  private:
    static constexpr double at_most_off = 2;  // a factor of 7
    static constexpr double memory_s = 0.5;
    int answers_ = 0;
    double log_latency_ = 0;
    double body_bytes_ = 0;
    double body_s_ = 0;
};

}  // namespace s3pipes
