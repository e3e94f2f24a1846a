#include "core/store/request_log.hpp"

#include <cstdio>
#include <utility>

#include "core/words/printable.hpp"

namespace s3pipes {
namespace {

std::string seconds(std::chrono::steady_clock::duration time) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f s", std::chrono::duration<double>(time).count());
    return text;
}

}  // namespace

void RequestLog::head_came(std::string what, const ResponseHead& head) {
    if (!wanted_) return;
    const auto took = Clock::now() - began_;
    what_ = std::move(what);
    request_id_ = printable(head.request_id, 128);
    told_slow_ = took >= slow_head;
    Events& events = Events::here();
    if (!told_slow_ && !events.wants(Level::debug)) return;
    std::string text = what_ + ": " + std::to_string(head.status) + " after " + seconds(took);
    if (head.content_length) text += ", " + std::to_string(*head.content_length) + " bytes";
    text += ", request id " + (request_id_.empty() ? "none" : request_id_);
    events.add(told_slow_ ? Level::info : Level::debug, (told_slow_ ? "slow: " : "") + text);
}

void RequestLog::body_came() {
    if (!wanted_ || told_slow_ || what_.empty()) return;
    const auto took = Clock::now() - began_;
    if (took < slow_whole) return;
    Events::here().add(Level::info, "slow: " + what_ + ": the body came after " + seconds(took) +
                                        ", request id " + request_id_);
}

}  // namespace s3pipes
