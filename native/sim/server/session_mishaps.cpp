// What goes wrong on purpose between the request and the end of its answer.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <string_view>
#include <utility>

#include "sim/mishaps/instead.hpp"
#include "sim/s3/digits.hpp"
#include "sim/server/session.hpp"

namespace s3pipes::sim {
namespace {

using boost::asio::awaitable;

constexpr double look_every_s = 0.1;  // whether the client is still there
constexpr double drain_within_s = 1;  // what was sent before a reset
constexpr double drain_every_s = 0.001;
constexpr double piece_every_s = 0.05;           // of a slow head
constexpr double unlimited_bytes_per_s = 100e6;  // taken for the usual where there is no limit

// "bytes=10-19", as far as it says so without the object's size.
void read_range(LoggedMishap& entry, const Request& request) {
    constexpr std::string_view unit = "bytes=";
    const std::string_view range = request.header("Range").value_or("");
    if (!range.starts_with(unit)) return;
    const auto dash = range.find('-');
    if (dash == range.npos) return;
    entry.begin = parse_number(range.substr(unit.size(), dash - unit.size()));
    if (const auto last = parse_number(range.substr(dash + 1)); entry.begin && last) {
        entry.end = *last + 1;
    }
}

LoggedMishap logged(Mishap kind, const Aim& aim, const Request& request, const Answer& answer) {
    LoggedMishap entry{
        kind,          header_in(answer, "x-amz-request-id"), request.method, aim.key, {}, {}, {},
        Clock::now_s()};
    read_range(entry, request);
    return entry;
}

}  // namespace

// At most one befalls a request: first those are asked that come in place of an answer, or change
// its object.
void Session::answer_with_mishaps(Outgoing& out, Request& request) {
    const Aim aim = world_.service.aim(request, wire_.tls());
    if (answer_instead(out, aim, request)) return;
    if (out.answer.status >= 300) return;  // refused already
    const auto lies = [&out](const MishapRule& rule) { return can_lie(rule, out.answer); };
    if (const auto hit = world_.mishaps.draw(Stage::answer, aim, lies)) {
        auto entry = logged(hit->kind, aim, request, out.answer);
        auto told = lie(out, *hit);
        entry.at_byte = told.at_byte;
        if (!told.key.empty()) entry.key = std::move(told.key);
        world_.mishaps.log.push_back(std::move(entry));
        return;
    }
    const auto fits = [this, &out](const MishapRule& rule) { return befalls(rule, out.answer); };
    out.hit = world_.mishaps.draw(Stage::way, aim, fits);
    if (!out.hit) return;
    auto entry = logged(out.hit->kind, aim, request, out.answer);
    if (out.hit->kind < Mishap::hang && out.hit->kind != Mishap::slow) {
        entry.at_byte = out.hit_at = out.hit->place(out.answer.head ? 0 : out.answer.body_bytes());
    }
    world_.mishaps.log.push_back(std::move(entry));
}

// Fills in the answer; true: it is a mishap's, or follows one.
bool Session::answer_instead(Outgoing& out, const Aim& aim, Request& request) {
    const std::int64_t now_s = world_.unix_time_s();
    Service& service = world_.service;
    const auto fits = [&](const MishapRule& rule) {
        if (rule.kind == Mishap::overwrite) return service.described(aim.bucket, aim.key);
        if (rule.kind == Mishap::remove) return service.has(aim.bucket, aim.key);
        return true;
    };
    const auto hit = world_.mishaps.draw(Stage::question, aim, fits);
    const bool of_object = hit && (hit->kind == Mishap::overwrite || hit->kind == Mishap::remove);
    if (of_object && hit->kind == Mishap::overwrite) {
        service.overwrite(aim.bucket, aim.key, now_s);
    } else if (of_object) {
        service.remove(aim.bucket, aim.key);
    }
    if (hit && !of_object) {
        out.answer = service.refuse(request, fault_instead(*hit, request, now_s, wire_.tls()));
    } else {
        out.answer = service.answer(request, now_s, wire_.tls());
    }
    if (!hit) return false;
    world_.mishaps.log.push_back(logged(hit->kind, aim, request, out.answer));
    if (!of_object) finish_instead(out, *hit);
    return true;
}

bool Session::befalls(const MishapRule& rule, const Answer& answer) const noexcept {
    const auto size = answer.head ? 0 : answer.body_bytes();
    const bool reaches = rule.manner.at_byte.value_or(0) < std::max<std::uint64_t>(size, 1);
    switch (rule.kind) {
        case Mishap::reset:
        case Mishap::fin: return reaches;
        case Mishap::stall:
        case Mishap::trickle: return size > 0 && reaches;
        case Mishap::slow: return size > 0;
        case Mishap::tls_later: return size > 0 && reaches && wire_.tls() && requests_ == 1;
        default: return true;
    }
}

// Its head is written, its time has come.
awaitable<bool> Session::befall(Outgoing outgoing) {
    const Hit& hit = *outgoing.hit;
    const Manner& manner = hit.manner;
    const auto at = outgoing.hit_at;
    const bool cuts = hit.kind == Mishap::reset || hit.kind == Mishap::fin;
    if (hit.kind == Mishap::hang) {
        if (!co_await pause(manner.for_s)) co_return false;
    }
    if (hit.kind == Mishap::slow_head) {
        if (!co_await send_slowly(manner.s)) co_return false;
    }
    if (hit.kind == Mishap::slow) {
        const double link = world_.settings.link_bytes_per_s;
        const double usual = link > 0 ? link : unlimited_bytes_per_s;
        double& rate = outgoing.bytes_per_s;
        rate = manner.factor * (rate > 0 ? rate : usual);
    }
    if (hit.kind >= Mishap::hang || hit.kind == Mishap::slow) {
        co_return co_await send(outgoing, {});
    }
    // Where there is no body the cut goes through the head.
    if (outgoing.answer.head || outgoing.answer.body_bytes() == 0) head_.resize(head_.size() / 2);
    if (!co_await send(outgoing, {0, at})) co_return false;
    head_.clear();
    if (hit.kind == Mishap::stall) {
        if (!co_await pause(manner.for_s)) co_return false;
    }
    if (hit.kind == Mishap::trickle) outgoing.bytes_per_s = manner.bytes_per_s;
    if (!cuts && hit.kind != Mishap::tls_later) co_return co_await send(outgoing, {at});
    cut_ = true;
    if (hit.kind == Mishap::tls_later) wire_.put_garbage();
    if (hit.kind == Mishap::reset) {
        co_await drain();
        wire_.reset();
    } else {
        co_await leave();
    }
    co_return false;
}

awaitable<bool> Session::send(const Outgoing& outgoing, Delivery::Stretch stretch) {
    if (!delivery_.begin(head_, outgoing.answer, outgoing.bytes_per_s, stretch)) {
        co_await delivery_.done();
    }
    co_return !delivery_.broken();
}

// The head, evenly over that time; nothing is left of it.
awaitable<bool> Session::send_slowly(double for_s) {
    const double begun_s = Clock::now_s();
    const auto size = static_cast<double>(head_.size());
    std::size_t sent = 0;
    while (sent < head_.size()) {
        const double passed_s = Clock::now_s() - begun_s;
        const double share = for_s > 0 ? std::min(1.0, passed_s / for_s) : 1;
        const auto until = std::max(sent + 1, static_cast<std::size_t>(share * size));
        const auto piece = std::string_view(head_).substr(sent, until - sent);
        if (!co_await say(piece)) co_return false;
        sent += piece.size();
        if (sent < head_.size()) {
            co_await nap_.until(Clock::now_s() + std::max(piece_every_s, for_s / size));
        }
    }
    head_.clear();
    co_return true;
}

// False where the client has left, which ends it; for_s 0: for ever.
awaitable<bool> Session::pause(double for_s) {
    const double begun_s = Clock::now_s();
    while (true) {
        if (wire_.left()) {
            cut_ = true;
            co_return false;
        }
        const double left_s = for_s > 0 ? begun_s + for_s - Clock::now_s() : look_every_s;
        if (left_s <= 0) co_return true;
        co_await nap_.until(Clock::now_s() + std::min(left_s, look_every_s));
    }
}

// A reset takes back what has not arrived; so that the client sees all before it, wait a little.
awaitable<void> Session::drain() {
    const double until_s = Clock::now_s() + drain_within_s;
    while (wire_.unsent() > 0 && Clock::now_s() < until_s) {
        co_await nap_.until(Clock::now_s() + drain_every_s);
    }
}

// True: the connection is over, after the client's first words.
awaitable<bool> Session::cut_handshake() {
    const auto fits = [](const MishapRule& rule) { return rule.kind == Mishap::tls_handshake; };
    if (!world_.mishaps.draw(Stage::connection, Aim{}, fits)) co_return false;
    world_.mishaps.log.push_back({Mishap::tls_handshake, "", "", "", {}, {}, {}, Clock::now_s()});
    co_await wire_.socket().async_wait(Wire::Socket::wait_read,
                                       boost::asio::as_tuple(boost::asio::use_awaitable));
    cut_ = true;
    wire_.reset();
    co_return true;
}

}  // namespace s3pipes::sim
