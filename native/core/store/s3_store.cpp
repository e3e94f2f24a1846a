// What is asked; how a request goes out and comes back is in s3_store_exchange.cpp.
#include "core/store/s3_store.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>

#include "core/s3/content_range.hpp"
#include "core/s3/list_xml.hpp"
#include "core/s3/uri.hpp"
#include "core/store/carried.hpp"
#include "core/store/request_log.hpp"
#include "core/store/s3_answer.hpp"
#include "core/words/generation.hpp"
#include "core/words/printable.hpp"
#include "core/words/request_text.hpp"

namespace s3pipes {
namespace {

using boost::asio::awaitable;

constexpr std::size_t list_page_limit = 16 << 20;
// A thousand keys take a loop 1 to 2 ms, in which megabytes could be read.
constexpr std::size_t worth_another_thread_bytes = 16 << 10;
// A body without a length has to be collected before its size is known.
constexpr std::size_t unsized_body_limit = 64 << 20;
constexpr std::size_t first_collected_bytes = 64 << 10;
constexpr std::uint64_t passed_at_once_bytes = 64 << 10;

constexpr HeaderView checksum_mode{"x-amz-checksum-mode", "ENABLED"};

std::string range_value(ByteRange range) {
    return "bytes=" + std::to_string(range.begin) + "-" + std::to_string(range.end - 1);
}

awaitable<void> pass_over(Connection& answer, std::uint64_t bytes) {
    std::vector<std::byte> nowhere(static_cast<std::size_t>(std::min(bytes, passed_at_once_bytes)));
    for (; bytes > nowhere.size(); bytes -= nowhere.size()) co_await answer.read_into(nowhere);
    co_await answer.read_into(std::span(nowhere).first(static_cast<std::size_t>(bytes)));
}

// Fills the place with the body, or as much of it.
awaitable<void> receive(Connection& answer, BodySink::Place place, ByteRange body, BodySink& sink) {
    const std::span<std::byte> into = place.into;
    if (place.behind != 0) co_await pass_over(answer, place.behind);
    if (answer.knows_length() || place.behind + into.size() != body.size()) {
        if (into.empty()) co_return;
        const std::function<void(std::size_t)> progress = [&sink](std::size_t total) {
            sink.advanced(total);
        };
        co_await answer.read_into(into, &progress);
        co_return;
    }
    // The size comes from elsewhere, so the body must end where it says. Until that is seen, the
    // last byte is not told of: nobody may take the bytes for a whole.
    if (!into.empty()) {
        const std::function<void(std::size_t)> progress = [&](std::size_t total) {
            if (total < into.size()) sink.advanced(total);
        };
        co_await answer.read_into(into, &progress);
    }
    std::byte beyond{};
    if (co_await answer.read_some({&beyond, 1}) != 0)
        throw contradiction(answer.head(), "the body is longer than the " +
                                               std::to_string(body.size()) +
                                               " bytes that were expected");
    if (!into.empty()) sink.advanced(into.size());
}

// A body whose size only its end tells.
awaitable<void> collect(Connection& answer, ObjectMeta meta, BodySink& sink) {
    std::string body;
    std::size_t filled = 0;
    for (;;) {
        if (filled == body.size()) {
            const std::size_t more = std::max(body.size() * 2, first_collected_bytes);
            const bool too_long = body.size() >= unsized_body_limit;
            // Memory that is short now may be there for another attempt.
            if (too_long || !sink.reserve(more))
                throw Error(too_long ? ErrorKind::config : ErrorKind::server,
                            "the answer tells no size, and there is no memory to collect more than "
                            "the first " +
                                std::to_string(body.size()) + " bytes of it");
            body.resize(more);
        }
        const std::size_t got =
            co_await answer.read_some(std::as_writable_bytes(std::span(body)).subspan(filled));
        if (got == 0) break;
        filled += got;
    }
    meta.size = filled;
    const auto [into, behind] = sink.begin(meta, {0, filled});
    std::copy_n(reinterpret_cast<const std::byte*>(body.data()) + behind, into.size(), into.data());
    if (!into.empty()) sink.advanced(into.size());
}

struct Parsed {
    ListPage page;
    std::unique_ptr<Error> error;  // not as an exception: it crosses threads
};

awaitable<Parsed> parse_here(std::string body) {
    Parsed parsed;
    try {
        parsed.page = parse_list_page(body);
    } catch (const Error& error) {
        parsed.error = std::make_unique<Error>(error);
    }
    co_return parsed;
}

std::string origin_of(const S3Target& target) {
    const Endpoint& endpoint = target.endpoint;
    const std::string by_proxy =
        endpoint.proxy ? " by " + host_and_port(endpoint.proxy->host, endpoint.proxy->port) : "";
    return (endpoint.tls ? "https://" : "http://") + endpoint.authority() + target.base_path +
           by_proxy;
}

}  // namespace

S3Store::~S3Store() {
    if (generation_ != process_generation()) leave_behind(places_);
}

S3Store::S3Store(S3Target target, std::shared_ptr<CredentialCell> credentials,
                 std::vector<Pool*> pools, Parser parser)
    : target_(std::move(target)),
      origin_(origin_of(target_)),
      host_header_(target_.endpoint.authority()),
      credentials_(std::move(credentials)),
      parser_(std::move(parser)) {
    std::vector<Place> places;
    for (Pool* pool : pools) places.push_back({pool, Signer(SigningScope{target_.region, "s3"})});
    places_ = PerLoop<Place>(std::move(places));
}

std::string S3Store::url_of(const std::string& key) const {
    return "s3://" + target_.bucket + "/" + key;
}

std::int64_t S3Store::seconds_of_this_machine() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

S3Store::Signed S3Store::request_head(std::string_view method, std::string_view path,
                                      std::string_view query, std::span<const HeaderView> headers) {
    Signed request;
    std::string& head = request.head;
    head.reserve(1024);
    head.append(method).append(" ");
    append_target(head, path);
    if (!query.empty()) append_target(head.append("?"), query);
    head.append(" HTTP/1.1\r\n");
    append_field(head, "Host", host_header_);
    append_field(head, "User-Agent", "s3pipes");
    // Bytes as they are stored. Not signed, for some proxies change it.
    append_field(head, "Accept-Encoding", "identity");
    for (const auto& [name, value] : headers) append_field(head, name, value);
    const auto [credentials, revision] = credentials_->present();
    if (credentials)
        places_.here().signer.sign(head, method, path, query, host_header_, headers, *credentials,
                                   seconds_now());
    head.append("\r\n");
    request.revision = revision;
    return request;
}

// No byte of the range exists. Of an object without bytes none can be had, not even from byte 0:
// that is all of it.
awaitable<void> S3Store::unsatisfied(Lease answer, const Signed& sent, const GetRequest& request,
                                     BodySink& sink) {
    const std::string body = co_await refusal_text(*answer);
    const ResponseHead head = answer->head();
    sink.carried(nullptr);
    {
        const Lease ended = std::move(answer);
    }  // its connection may carry the next question
    auto size = size_in_refusal(head, body);
    const bool from_the_start = request.range && request.range->begin == 0;
    if (!size && from_the_start) size = (co_await this->head(request.key)).size;
    if (size == 0u && from_the_start) {
        sink.begin({0, head.etag, parse_http_date(head.last_modified)}, {});
        co_return;
    }
    Error error = verdict(head, body, sent, false);
    if (size)
        error.message +=
            "; the object has " + std::to_string(*size) + (*size == 1 ? " byte" : " bytes");
    throw error;
}

awaitable<void> S3Store::ready() {
    if (credentials_->wanted()) co_await credentials_->brought();
}

awaitable<void> S3Store::get(const GetRequest& request, BodySink& sink) {
    co_await ready();
    sink.asked();
    const std::string path = target_.base_path + "/" + encode_path(request.key);
    std::string range;
    HeaderView headers[4];
    std::size_t count = 0;
    // Whether a weak one is still the same is for the sink to see.
    if (!request.if_match.empty() && !is_weak_etag(request.if_match))
        headers[count++] = {"if-match", request.if_match};
    if (request.range) {
        range = range_value(*request.range);
        headers[count++] = {"range", range};
    }
    if (target_.verify_checksums) headers[count++] = checksum_mode;
    if (target_.requester_pays) headers[count++] = {"x-amz-request-payer", "requester"};
    const Signed sent = request_head("GET", path, {}, std::span(headers, count));

    RequestLog log;
    Lease answer = co_await exchange(sent, false, request.avoid, &sink);
    const Carried carried(&sink, &*answer);
    const std::uint64_t from = answer->mark();
    if (log.wanted())
        log.head_came("GET " + url_of(request.key) + (range.empty() ? "" : " " + range),
                      answer->head());
    try {
        const int status = answer->head().status;
        if (status == 416) co_return co_await unsatisfied(std::move(answer), sent, request, sink);
        if ((status != 200 && status != 206) || is_no_object(answer->head()))
            co_await refuse(*answer, sent);

        BodyPlace place = place_of(request, answer->head());
        if (!place.sized && answer->ends_by_close()) {
            // Cut off, it would look complete: HEAD has to tell how much there is.
            const ObjectMeta told = co_await head(request.key);
            if (told.etag != place.meta.etag && !told.etag.empty() && !place.meta.etag.empty())
                throw Error(ErrorKind::object_changed, "the object changed while it was asked for");
            place.meta.size = told.size;
            place.range = {0, told.size};
            place.sized = true;
        }
        if (!place.sized) co_return co_await collect(*answer, place.meta, sink);
        if (const auto told = checksum_of(answer->head(), place)) sink.checksum(*told);
        co_await receive(*answer, sink.begin(place.meta, place.range), place.range, sink);
        sink.filled();
        log.body_came();
    } catch (Error& error) {
        error.from = from;
        if (answer.holds() && speaks_against(error)) answer->cut();
        throw;
    }
}

awaitable<ResponseHead> S3Store::head_of(const std::string& key, std::uint32_t part) {
    co_await ready();
    const std::string path = target_.base_path + "/" + encode_path(key);
    HeaderView headers[2];
    std::size_t count = 0;
    if (target_.verify_checksums) headers[count++] = checksum_mode;
    if (target_.requester_pays) headers[count++] = {"x-amz-request-payer", "requester"};
    const std::string query = part == 0 ? "" : "partNumber=" + std::to_string(part);
    const Signed sent = request_head("HEAD", path, query, std::span(headers, count));
    RequestLog log;
    Lease answer = co_await exchange(sent, true);
    if (log.wanted()) log.head_came("HEAD " + url_of(key), answer->head());
    try {
        const int status = answer->head().status;
        if ((status != 200 && (status != 206 || part == 0)) || is_no_object(answer->head()))
            throw verdict(answer->head(), "", sent, true);
        if (!answer->head().content_length)
            throw contradiction(answer->head(), "the answer to a HEAD names no Content-Length");
    } catch (const Error& error) {
        if (speaks_against(error)) answer->cut();
        throw;
    }
    co_return answer->head();
}

awaitable<ObjectMeta> S3Store::head(const std::string& key) {
    const ResponseHead head = co_await head_of(key);
    co_return ObjectMeta{*head.content_length, head.etag, parse_http_date(head.last_modified)};
}

awaitable<std::optional<ObjectChecksum>> S3Store::checksum(const std::string& key,
                                                           const std::string& etag) {
    const ResponseHead head = co_await head_of(key);
    if (head.etag != etag) co_return std::nullopt;
    BodyPlace all;
    all.meta.size = *head.content_length;
    all.range = {0, all.meta.size};
    auto said = checksum_of(head, all);
    if (said && said->parts != 0 && joins(said->kind)) {
        try {
            const ResponseHead first = co_await head_of(key, 1);
            const std::uint64_t size = *first.content_length;
            const bool alike = size != 0 && (all.meta.size + size - 1) / size == said->parts;
            if (alike && first.etag == etag) said->part_bytes = size;
        } catch (const Error& error) {
            if (is_transient(error.kind) || error.kind == ErrorKind::cancelled) throw;
            // A store that knows nothing of parts.
        }
    }
    co_return said;
}

awaitable<bool> S3Store::has_equal_parts(const std::string& key, const std::string& etag,
                                         const ObjectChecksum& said) {
    for (std::uint32_t part = 2; part < said.parts; ++part) {
        const ResponseHead head = co_await head_of(key, part);
        if (head.etag != etag || *head.content_length != said.part_bytes) co_return false;
    }
    co_return true;
}

awaitable<ListPage> S3Store::parse(std::string body) {
    if (!parser_ || body.size() < worth_another_thread_bytes) co_return parse_list_page(body);
    // By name, for gcc 12 destroys some temporaries of such an expression twice.
    const auto there = parser_();
    auto parsing = parse_here(std::move(body));
    Parsed parsed =
        co_await boost::asio::co_spawn(there, std::move(parsing), boost::asio::use_awaitable);
    if (parsed.error) throw Error(*parsed.error);
    co_return std::move(parsed.page);
}

awaitable<ListPage> S3Store::list_page(const ListRequest& request) {
    co_await ready();
    std::string query;
    if (!request.token.empty()) query += "continuation-token=" + encode_query(request.token) + "&";
    query += "encoding-type=url&list-type=2";
    if (request.max_keys > 0) query += "&max-keys=" + std::to_string(request.max_keys);
    query += "&prefix=" + encode_query(request.prefix);
    if (request.token.empty() && !request.after.empty())
        query += "&start-after=" + encode_query(request.after);
    const std::string path = target_.base_path.empty() ? "/" : target_.base_path;
    HeaderView payer{"x-amz-request-payer", "requester"};
    const Signed sent =
        request_head("GET", path, query, std::span(&payer, target_.requester_pays ? 1 : 0));
    RequestLog log;
    Lease answer = co_await exchange(sent, false);
    if (log.wanted()) log.head_came("LIST " + url_of(request.prefix), answer->head());
    try {
        if (answer->head().status != 200) co_await refuse(*answer, sent);
        std::string body = co_await answer->read_text(list_page_limit);
        co_return co_await parse(std::move(body));
    } catch (Error& error) {
        error.status = answer->head().status;
        error.request_id = printable(answer->head().request_id, 128);
        if (speaks_against(error)) answer->cut();
        throw;
    }
}

}  // namespace s3pipes
