#include "core/words/events.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/words/stats_page.hpp"

namespace s3pipes {
namespace {

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

void Events::want(int least) noexcept {
    least_.store(std::min(least, static_cast<int>(Level::warning)), std::memory_order_relaxed);
}

void Events::add(Level level, std::string text) {
    std::lock_guard lock(mutex_);
    if (events_.size() < most)
        events_.push_back({level, seconds_now(), std::move(text)});
    else
        ++left_out_;
    waiting_.store(true, std::memory_order_relaxed);
}

bool Events::first(const std::string& cause) {
    {
        std::lock_guard lock(mutex_);
        if (!told_.insert(cause).second) return false;
    }
    return StatsPage::first_to_tell(cause);
}

std::vector<Event> Events::take() {
    std::lock_guard lock(mutex_);
    waiting_.store(false, std::memory_order_relaxed);
    std::vector<Event> taken = std::exchange(events_, {});
    if (const auto count = std::exchange(left_out_, 0); count != 0)
        taken.push_back(
            {Level::warning, seconds_now(),
             std::to_string(count) +
                 " more lines were left out: nobody read or waited meanwhile, and only " +
                 std::to_string(most) + " are kept"});
    return taken;
}

}  // namespace s3pipes
