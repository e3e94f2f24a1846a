#include "sim/server/session.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

#include "sim/s3/dates.hpp"
#include "sim/server/reason.hpp"

namespace s3pipes::sim {
namespace {

using boost::asio::awaitable;

constexpr std::size_t inbox_bytes = 64 << 10;
constexpr int paced_buffer_bytes = 256 << 10;
constexpr double linger_s = 1;
constexpr std::string_view bad_request =
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
// co_await stands in no condition with || or && here: gcc 12 waits whatever the other side says.
constexpr auto waiting = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace

Session::Session(World& world, Wire::Socket socket, unsigned address, bool mute)
    : world_(world),
      wire_(std::move(socket), world.tls),
      address_(address),
      delivery_(world, wire_),
      nap_(world.clock),
      inbox_(std::make_unique_for_overwrite<std::byte[]>(inbox_bytes)),
      mute_(mute) {
    world_.counters.connections.up();
    number_ = world_.counters.connections.ever;
    world_.sessions.insert(this);
    // What lies here while a reader stalls would come in a burst, past all pacing.
    const Settings& settings = world_.settings;
    if (settings.connection_bytes_per_s > 0 || settings.link_bytes_per_s > 0) {
        boost::system::error_code ignored;  // the peer may be gone already
        wire_.socket().set_option(Wire::Socket::send_buffer_size(paced_buffer_bytes), ignored);
    }
}

Session::~Session() {
    world_.counters.connections.down();
    world_.sessions.erase(this);
}

awaitable<void> Session::run() {
    if (mute_) {
        co_await pause(0);
        co_return;
    }
    if (!co_await open()) co_return;
    while (co_await read_request()) {
        world_.counters.requests.up();
        const double read_at_s = Clock::now_s();
        if (auto sum = world_.service.unsummed(reader_.request(), wire_.tls())) {
            while (sum->go_on()) co_await boost::asio::post(boost::asio::use_awaitable);
            world_.service.keep_sum(*sum);
        }
        Outgoing outgoing = decide(reader_.request(), read_at_s);
        const bool closes = outgoing.closes;
        const bool delivered = co_await deliver(std::move(outgoing));
        world_.counters.requests.down();
        if (!delivered) {
            if (!cut_) ++world_.counters.broken;
            co_return;
        }
        if (closes) break;
    }
    co_await leave();
}

awaitable<bool> Session::open() {
    const Settings& settings = world_.settings;
    const double delay_s = settings.connect_s + (wire_.tls() ? settings.tls_s : 0);
    if (delay_s > 0) co_await nap_.until(Clock::now_s() + delay_s);
    if (wire_.tls() && world_.mishaps.any()) {
        if (co_await cut_handshake()) co_return false;
    }
    while (wire_.tls()) {
        const long result = wire_.shake_hands();
        if (result == 0) break;
        if (result == Wire::over) co_return false;
        if (!co_await wait()) co_return false;
    }
    co_return true;
}

// False where the client is gone, or is not waited for any longer.
awaitable<bool> Session::read_request() {
    reader_.start();
    bool told_to_go_on = false;
    while (true) {
        const std::span received(inbox_.get() + inbox_begin_, inbox_end_ - inbox_begin_);
        inbox_begin_ += reader_.feed(received);
        if (reader_.done()) {
            idle_since_s_ = 0;
            co_return true;
        }
        if (reader_.bad()) {
            co_await say(bad_request);
            co_return false;
        }
        if (reader_.head_done() && reader_.expects_continue() && !told_to_go_on) {
            told_to_go_on = true;
            if (!co_await say("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
        }
        if (inbox_begin_ > 0) {
            std::copy(inbox_.get() + inbox_begin_, inbox_.get() + inbox_end_, inbox_.get());
            inbox_end_ -= std::exchange(inbox_begin_, 0);
        }
        if (inbox_end_ == inbox_bytes) {  // a line that long
            co_await say(bad_request);
            co_return false;
        }
        idle_since_s_ = reader_.begun() ? 0 : Clock::now_s();
        const long got = wire_.take({inbox_.get() + inbox_end_, inbox_bytes - inbox_end_});
        if (got == Wire::over) co_return false;
        if (got > 0) {
            inbox_end_ += static_cast<std::size_t>(got);
            continue;
        }
        if (!co_await wait()) co_return false;
        if (out_of_time_) co_return false;
    }
}

awaitable<bool> Session::wait() {
    const auto [failure] = co_await wire_.socket().async_wait(wire_.awaited(), waiting);
    co_return !failure;
}

awaitable<bool> Session::say(std::string_view left) {
    while (!left.empty()) {
        const iovec piece{const_cast<char*>(left.data()), left.size()};
        const long sent = wire_.put(std::span(&piece, 1), false);
        if (sent > 0) left.remove_prefix(static_cast<std::size_t>(sent));
        if (sent == Wire::over) co_return false;
        if (sent > 0) continue;
        if (!co_await wait()) co_return false;
    }
    co_return true;
}

// What S3 says to it, when, how fast, and whether it is the last.
Session::Outgoing Session::decide(Request& request, double read_at_s) {
    const Settings& settings = world_.settings;
    ++requests_;
    Outgoing out;
    if (world_.mishaps.any()) {
        answer_with_mishaps(out, request);
    } else {
        out.answer = world_.service.answer(request, world_.unix_time_s(), wire_.tls());
    }
    const double wait_s = out.answer.kind == Answer::Kind::list
                              ? world_.draws.list_page_s(settings, number_, requests_)
                              : world_.draws.first_byte_s(settings, number_, requests_);
    out.begins_s = read_at_s + wait_s / slowness();
    out.bytes_per_s = world_.draws.bytes_per_s(settings, number_) * slowness();
    const double most = settings.requests_per_connection;
    if (!reader_.keep_alive() || (most > 0 && static_cast<double>(requests_) >= most)) {
        out.closes = true;
    }
    return out;
}

// 1, or less for the slow address.
double Session::slowness() const noexcept {
    const Settings& settings = world_.settings;
    const bool slow = settings.slow_address == address_ && settings.slow_factor > 0;
    return slow ? settings.slow_factor : 1;
}

// The one way of every answer to the client: here an answer is complete, its time and pace are
// known, and no byte of it is sent.
awaitable<bool> Session::deliver(Outgoing outgoing) {
    if (outgoing.begins_s > Clock::now_s()) co_await nap_.until(outgoing.begins_s);
    write_head(outgoing);
    if (outgoing.hit) co_return co_await befall(std::move(outgoing));
    if (!delivery_.begin(head_, outgoing.answer, outgoing.bytes_per_s)) co_await delivery_.done();
    co_return !delivery_.broken();
}

void Session::write_head(const Outgoing& outgoing) {
    const Answer& answer = outgoing.answer;
    char number[24];
    const auto digits = [&number](std::uint64_t value) {
        const auto end = std::to_chars(number, number + sizeof number, value).ptr;
        return std::string_view(number, static_cast<std::size_t>(end - number));
    };
    head_.assign("HTTP/1.1 ").append(digits(answer.status)).append(" ");
    head_.append(reason(answer.status)).append("\r\n");
    for (const auto& [name, value] : answer.headers) {
        head_.append(name).append(": ").append(value).append("\r\n");
    }
    head_.append("Date: ").append(http_date(world_.unix_time_s())).append("\r\n");
    if (outgoing.of_s3) head_.append("Server: AmazonS3\r\n");
    if (answer.status != 204 && answer.status != 304) {
        const auto told = static_cast<std::int64_t>(answer.body_bytes()) + outgoing.length_by;
        head_.append("Content-Length: ").append(digits(static_cast<std::uint64_t>(told)));
        head_.append("\r\n");
    }
    if (outgoing.closes) head_.append("Connection: close\r\n");
    head_.append("\r\n");
}

// Closes in good order: what is on its way to the client would be lost if the client had sent more
// that nobody read.
awaitable<void> Session::leave() {
    wire_.end_sending();
    ends_s_ = Clock::now_s() + linger_s;
    while (true) {
        const long got = wire_.take({inbox_.get(), inbox_bytes});
        if (got == Wire::over) co_return;
        if (got > 0) continue;
        if (!co_await wait()) co_return;
    }
}

void Session::look_at_clock(double now_s) {
    const double idle_s = world_.settings.idle_s;
    const bool idle = idle_s > 0 && idle_since_s_ > 0 && now_s - idle_since_s_ >= idle_s;
    if (!idle && (ends_s_ == 0 || now_s < ends_s_)) return;
    out_of_time_ = true;
    boost::system::error_code ignored;  // it may have been reset
    wire_.socket().cancel(ignored);
}

void Session::reset() noexcept {
    cut_ = true;
    wire_.reset();
}

}  // namespace s3pipes::sim
