#include "sim/server/delivery.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>

#include "sim/content/pool.hpp"

namespace s3pipes::sim {
namespace {

// Of a body without a pace, before others have their turn.
constexpr std::size_t turn_bytes = 1 << 20;
constexpr std::size_t fill_bytes = 64 << 10;
// Less is not worth a file's pages: a copy is as cheap, and one call sends it with the head.
constexpr std::size_t worth_a_file_bytes = 16 << 10;

iovec piece_of(const void* data, std::size_t size) noexcept {
    return {const_cast<void*>(data), size};
}

}  // namespace

bool Delivery::begin(const std::string& head, const Answer& answer, double bytes_per_s) {
    head_ = &head;
    answer_ = &answer;
    head_sent_ = granted_ = 0;
    at_ = answer.content ? answer.begin : 0;
    end_ = answer.head ? at_ : at_ + answer.body_bytes();
    filled_.clear();
    bytes_per_s_ = bytes_per_s;
    broken_ = false;
    ++world_.flowing;
    if (go_on(Clock::now_s()) == Step::waits) return false;
    --world_.flowing;
    return true;
}

Delivery::Step Delivery::go_on(double now_s) {
    std::size_t turn = turn_bytes;
    while (head_sent_ < head_->size() || at_ < end_) {
        if (at_ < end_ && granted_ == 0 && !granted(now_s)) return Step::waits;
        const std::uint64_t before = at_;
        const long sent = send_some();
        if (sent == Wire::over) {
            broken_ = true;
            return Step::ended;
        }
        if (sent == Wire::blocked) {
            wire_.socket().async_wait(wire_.awaited(), [this](const auto&) { proceed(); });
            return Step::waits;
        }
        const auto moved = static_cast<std::size_t>(at_ - before);
        granted_ -= moved;
        world_.counters.body_bytes += moved;
        turn -= std::min(turn, moved);
        if (turn == 0 && at_ < end_) {
            boost::asio::post(world_.context, [this] { proceed(); });
            return Step::waits;
        }
    }
    return Step::ended;
}

// Whether the next bytes may go now; if not, due() will be called when they may.
bool Delivery::granted(double now_s) {
    const double link = world_.settings.link_bytes_per_s;
    if (bytes_per_s_ <= 0 && link <= 0) {
        granted_ = static_cast<std::size_t>(std::min<std::uint64_t>(end_ - at_, turn_bytes));
        return true;
    }
    // Each has one claim at a time on the link, so that they take turns; and none is too large.
    const double share = link / static_cast<double>(world_.flowing);
    const double rate =
        bytes_per_s_ > 0 && (link <= 0 || bytes_per_s_ < share) ? bytes_per_s_ : share;
    granted_ = static_cast<std::size_t>(std::min<std::uint64_t>(end_ - at_, quantum_bytes(rate)));
    double at_s = now_s;
    if (bytes_per_s_ > 0) at_s = std::max(at_s, pace_.claim(now_s, granted_, bytes_per_s_));
    if (link > 0) at_s = std::max(at_s, world_.link.claim(now_s, granted_, link));
    if (at_s <= now_s) return true;
    world_.clock.call_at(at_s, *this);
    return false;
}

// The rest of the head, and of the body what was granted or a part of it.
long Delivery::send_some() {
    if (head_sent_ == head_->size()) return send_body(granted_);
    const auto head = piece_of(head_->data() + head_sent_, head_->size() - head_sent_);
    const long sent = wire_.put(std::span(&head, 1), at_ < end_);
    if (sent > 0) head_sent_ += static_cast<std::size_t>(sent);
    return sent;
}

long Delivery::send_body(std::size_t most) {
    if (!answer_->content) {
        const auto text = piece_of(answer_->text.data() + at_, most);
        const long sent = wire_.put(std::span(&text, 1), false);
        if (sent > 0) at_ += static_cast<std::uint64_t>(sent);
        return sent;
    }
    const Content& content = *answer_->content;
    auto here = content.in_place(at_);
    long sent = 0;
    if (here.empty()) {
        if (at_ < filled_at_ || at_ >= filled_at_ + filled_.size()) {
            filled_.resize(std::min<std::uint64_t>(end_ - at_, fill_bytes));
            content.fill(at_, filled_);
            filled_at_ = at_;
        }
        here = std::span(filled_).subspan(at_ - filled_at_);
    }
    here = here.first(std::min(here.size(), most));
    const bool more = here.size() < most;
    const auto place = wire_.tls() || here.size() < worth_a_file_bytes
                           ? std::nullopt
                           : Pool::shared().offset(here);
    if (place) {
        sent = wire_.put_file(Pool::shared().file(), *place, here.size());
    } else {
        const auto bytes = piece_of(here.data(), here.size());
        sent = wire_.put(std::span(&bytes, 1), more);
    }
    if (sent > 0) at_ += static_cast<std::uint64_t>(sent);
    return sent;
}

void Delivery::due(double now_s) {
    // Granted already: it only waited for its time.
    if (go_on(now_s) == Step::ended) finish();
}

void Delivery::proceed() {
    if (go_on(Clock::now_s()) == Step::ended) finish();
}

void Delivery::finish() {
    --world_.flowing;
    std::exchange(told_, {})();
}

}  // namespace s3pipes::sim
