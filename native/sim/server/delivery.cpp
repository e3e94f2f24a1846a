#include "sim/server/delivery.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cmath>

namespace s3pipes::sim {
namespace {

// Of a body without a pace, before others have their turn.
constexpr std::size_t turn_bytes = 1 << 20;
constexpr std::size_t fill_bytes = 64 << 10;
// Quanta that are due within this go together, which spares wake-ups; a pace makes good for it.
constexpr double together_s = 0.0005;
constexpr std::size_t most_pieces = 20;  // a head and 1 MiB of computed content

iovec piece_of(const void* data, std::size_t size) noexcept {
    return {const_cast<void*>(data), size};
}

}  // namespace

bool Delivery::begin(const std::string& head, const Answer& answer, double bytes_per_s,
                     Stretch stretch) {
    head_ = &head;
    answer_ = &answer;
    head_sent_ = granted_ = 0;
    const std::uint64_t first = answer.content ? answer.begin : 0;
    at_ = first + stretch.begin;
    end_ = answer.head ? at_ : first + std::min(answer.body_bytes(), stretch.end);
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
    world_.clock.call_at(std::ceil(at_s / together_s) * together_s, *this);
    return false;
}

// What is left of the head, and of the body what was granted or a part of it, in one call.
long Delivery::send_some() {
    std::array<iovec, most_pieces> pieces;
    std::size_t count = 0;
    const std::size_t head_left = head_->size() - head_sent_;
    if (head_left > 0) pieces[count++] = piece_of(head_->data() + head_sent_, head_left);
    std::uint64_t at = at_;
    const std::uint64_t until = at_ + granted_;
    while (at < until && count < most_pieces) {
        auto here = body_at(at);
        const bool nowhere = here.empty();
        if (nowhere) here = filled_at(at);
        const std::size_t size = std::min<std::uint64_t>(here.size(), until - at);
        pieces[count++] = piece_of(here.data(), size);
        at += size;
        if (nowhere) break;  // there is one such buffer
    }
    const long sent = wire_.put({pieces.data(), count}, at < until);
    if (sent > 0) {
        const auto of_head = std::min(head_left, static_cast<std::size_t>(sent));
        head_sent_ += of_head;
        at_ += static_cast<std::uint64_t>(sent) - of_head;
    }
    return sent;
}

// Where it lies in memory, if it does.
std::span<const std::byte> Delivery::body_at(std::uint64_t offset) const {
    if (answer_->content) return answer_->content->in_place(offset);
    return std::as_bytes(std::span(answer_->text)).subspan(offset);
}

std::span<const std::byte> Delivery::filled_at(std::uint64_t offset) {
    if (offset < filled_begin_ || offset >= filled_begin_ + filled_.size()) {
        filled_.resize(std::min<std::uint64_t>(end_ - offset, fill_bytes));
        answer_->content->fill(offset, filled_);
        filled_begin_ = offset;
    }
    return std::span(filled_).subspan(offset - filled_begin_);
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
