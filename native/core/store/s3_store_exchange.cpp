// How an S3Store's request goes out, and what an answer that is no success means.
#include <cstdlib>
#include <optional>
#include <utility>

#include "core/http/other_scheme.hpp"
#include "core/s3/timestamp.hpp"
#include "core/s3/verdict.hpp"
#include "core/store/carried.hpp"
#include "core/store/s3_store.hpp"
#include "core/words/printable.hpp"

namespace s3pipes {
namespace {

using boost::asio::awaitable;

constexpr std::size_t error_body_limit = 64 << 10;

// What servers of TLS tell who speaks plainly: Go's, nginx's, Apache's.
bool asks_for_tls(std::string_view body) {
    return body.find("HTTPS") != body.npos || body.find("SSL-enabled") != body.npos;
}

}  // namespace

awaitable<Lease> S3Store::exchange(const Signed& request, bool head_only, std::uint64_t avoid,
                                   BodySink* sink) {
    Pool& pool = *places_.here().pool;
    if (auto idle = pool.take_idle(target_.endpoint, avoid)) {
        Carried carried(sink, &**idle);
        try {
            co_await (*idle)->exchange(request.head, head_only);
            carried.goes_on();
            co_return std::move(*idle);
        } catch (Error& error) {
            error.from = avoid = (*idle)->mark();
            // The server may have closed the kept connection as the request went out: that says
            // nothing about the request.
            if (error.kind != ErrorKind::connection || (*idle)->got_response_bytes()) throw;
        }
    }
    std::optional<Error> failed;
    try {
        Lease lease = co_await exchange_anew(request, head_only, avoid, sink);
        answered_.store(true, std::memory_order_relaxed);
        co_return lease;
    } catch (const Error& error) {
        failed.emplace(error);
    }
    failed->whence = target_.whence;
    if (failed->mute) co_await look_for_reason(*failed);
    throw Error(*failed);
}

awaitable<Lease> S3Store::exchange_anew(const Signed& request, bool head_only, std::uint64_t avoid,
                                        BodySink* sink) {
    Lease lease = co_await places_.here().pool->acquire(target_.endpoint, true, avoid);
    Carried carried(sink, &*lease);
    try {
        co_await lease->exchange(request.head, head_only);
        carried.goes_on();
    } catch (Error& error) {
        error.from = lease->mark();
        error.mute = error.kind == ErrorKind::connection && !lease->heard();
        throw;
    }
    co_return lease;
}

// A server that is left without a word may have had its reasons. But one that has never said
// anything, and speaks as soon as it is asked the other way, has told them.
awaitable<void> S3Store::look_for_reason(Error& error) {
    const Endpoint& endpoint = target_.endpoint;
    if (answered_.load(std::memory_order_relaxed) || endpoint.proxy) co_return;
    if (looks_for_reason_.exchange(true)) co_return;
    struct Done {
        std::atomic<bool>& looks;
        ~Done() { looks.store(false); }
    } done{looks_for_reason_};
    if (!co_await speaks_other_scheme(*places_.here().pool, endpoint)) co_return;
    error.kind = ErrorKind::wrong_scheme;
    error.message =
        endpoint.name() + (endpoint.tls ? " does not speak TLS: it answers plain requests"
                                        : " speaks TLS: it does not answer plain requests");
}

awaitable<std::string> S3Store::refusal_text(Connection& answer) {
    try {
        co_return co_await answer.read_text(error_body_limit);
    } catch (const Error& error) {
        // The status says enough; a body that is too long or cut short takes nothing from it.
        if (error.kind == ErrorKind::cancelled) throw;
    }
    co_return "";
}

// A signature names the time, and is refused where that is far from the store's. True: the next one
// will be by its clock.
bool S3Store::follow_clock(std::string_view date) {
    constexpr std::int64_t borne_s = 300;  // S3 bears 900
    const std::int64_t theirs = parse_http_date(date);
    if (theirs == 0 || std::abs(theirs - seconds_now()) < borne_s) return false;
    clock_ahead_s_.store(theirs - seconds_of_this_machine());
    return true;
}

Error S3Store::verdict(const ResponseHead& head, const std::string& body, const Signed& request,
                       bool to_head) {
    Error error = judge({head.status, body, head.content_type, head.request_id, head.bucket_region,
                         head.retry_after, head.date, to_head, target_.region});
    if (error.code == "RequestTimeTooSkewed" || (to_head && head.status == 403)) {
        if (follow_clock(head.date)) error.kind = ErrorKind::server;
    }
    if (error.kind == ErrorKind::expired_credentials) credentials_->expired(request.revision);
    if (error.kind != ErrorKind::not_s3 || head.status != 400 || target_.endpoint.tls ||
        !asks_for_tls(body))
        return error;
    Error wrong(ErrorKind::wrong_scheme,
                target_.endpoint.name() + " wants TLS: \"" + printable(body, 80) + "\"");
    wrong.status = head.status;
    wrong.whence = target_.whence;
    return wrong;
}

awaitable<void> S3Store::refuse(Connection& answer, const Signed& request) {
    const std::string body = co_await refusal_text(answer);
    throw verdict(answer.head(), body, request, false);
}

}  // namespace s3pipes
