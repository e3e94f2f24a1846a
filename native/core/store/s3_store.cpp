#include "core/store/s3_store.hpp"

#include <chrono>

#include "core/s3/content_range.hpp"
#include "core/s3/list_xml.hpp"
#include "core/s3/uri.hpp"
#include "core/s3/verdict.hpp"
#include "core/words/generation.hpp"

namespace s3pipes {
namespace {

using boost::asio::awaitable;

constexpr std::size_t error_body_limit = 64 << 10;
constexpr std::size_t list_page_limit = 16 << 20;
// A body without a length has to be collected before its size is known.
constexpr std::size_t unsized_body_limit = 64 << 20;

std::int64_t seconds_now() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

std::string range_value(ByteRange range) {
    return "bytes=" + std::to_string(range.begin) + "-" + std::to_string(range.end - 1);
}

Error contradiction(const ResponseHead& head, std::string message) {
    Error error(ErrorKind::bad_response, std::move(message));
    error.status = head.status;
    error.request_id = head.request_id;
    return error;
}

struct BodyPlace {
    ObjectMeta meta;
    ByteRange range;
    bool sized = true;
};

// Which bytes of which object an answer carries, checked against what was asked.
BodyPlace place_of(const GetRequest& request, const ResponseHead& head) {
    BodyPlace place;
    place.meta.etag = head.etag;
    place.meta.last_modified = parse_http_date(head.last_modified);
    if (head.status == 206) {
        const auto found = parse_content_range(head.content_range);
        if (!found || found->range.empty())
            throw contradiction(head,
                                "the answer to a ranged GET names no valid Content-Range (\"" +
                                    head.content_range.substr(0, 80) + "\")");
        if (!request.range || found->range.begin != request.range->begin ||
            found->range.end > request.range->end)
            throw contradiction(head, "the answer holds other bytes (" +
                                          head.content_range.substr(0, 80) +
                                          ") than were asked for");
        if (!found->total && !request.known_size)
            throw contradiction(head, "the answer does not tell the object's size");
        place.range = found->range;
        place.meta.size = found->total ? *found->total : *request.known_size;
        if (head.content_length && *head.content_length != place.range.size())
            throw contradiction(head, "Content-Length and Content-Range contradict each other");
        return place;
    }
    if (request.range && request.range->begin != 0)
        throw contradiction(head,
                            "the server ignored the Range of a request; "
                            "it cannot serve objects in chunks");
    if (head.content_length)
        place.meta.size = *head.content_length;
    else if (request.known_size)
        place.meta.size = *request.known_size;
    else
        place.sized = false;
    place.range = {0, place.meta.size};
    return place;
}

awaitable<void> receive(Connection& connection, std::span<std::byte> into, BodySink& sink) {
    if (into.empty()) co_return;
    const std::function<void(std::size_t)> progress = [&sink](std::size_t total) {
        sink.advanced(total);
    };
    co_await connection.read_into(into, &progress);
}

}  // namespace

S3Store::~S3Store() {
    if (generation_ != process_generation()) leave_behind(places_);
}

S3Store::S3Store(S3Target target, std::shared_ptr<CredentialCell> credentials,
                 std::vector<Pool*> pools)
    : target_(std::move(target)),
      host_header_(target_.endpoint.authority()),
      credentials_(std::move(credentials)) {
    std::vector<Place> places;
    for (Pool* pool : pools) places.push_back({pool, Signer(SigningScope{target_.region, "s3"})});
    places_ = PerLoop<Place>(std::move(places));
}

std::string S3Store::url_of(const std::string& key) const {
    return "s3://" + target_.bucket + "/" + key;
}

S3Store::Signed S3Store::request_head(std::string_view method, std::string_view path,
                                      std::string_view query, std::span<const HeaderView> headers) {
    Signed request;
    std::string& head = request.head;
    head.reserve(1024);
    head.append(method).append(" ").append(path);
    if (!query.empty()) head.append("?").append(query);
    head.append(" HTTP/1.1\r\nHost: ").append(host_header_);
    head.append("\r\nUser-Agent: s3pipes\r\n");
    for (const auto& [name, value] : headers)
        head.append(name).append(": ").append(value).append("\r\n");
    const auto [credentials, revision] = credentials_->present();
    if (credentials)
        places_.here().signer.sign(head, method, path, query, host_header_, headers, *credentials,
                                   seconds_now());
    head.append("\r\n");
    request.revision = revision;
    return request;
}

awaitable<Lease> S3Store::exchange(const Signed& request, bool head_only) {
    Pool& pool = *places_.here().pool;
    if (auto idle = pool.take_idle(target_.endpoint)) {
        try {
            co_await (*idle)->exchange(request.head, head_only);
            co_return std::move(*idle);
        } catch (const Error& error) {
            // The server may have closed the kept connection as the request went out: that says
            // nothing about the request.
            if (error.kind != ErrorKind::connection || (*idle)->got_response_bytes()) throw;
        }
    }
    Lease lease = co_await pool.acquire(target_.endpoint, true);
    co_await lease->exchange(request.head, head_only);
    co_return lease;
}

awaitable<void> S3Store::refuse(Connection& answer, const Signed& request, bool head_only) {
    const ResponseHead& head = answer.head();
    std::string body;
    if (!head_only) {
        try {
            body = co_await answer.read_text(error_body_limit);
        } catch (const Error& error) {
            // The status says enough; a body that is too long or cut short takes nothing from it.
            if (error.kind == ErrorKind::cancelled) throw;
        }
    }
    const Error error = judge(head.status, body, head.content_type, head.request_id,
                              head.bucket_region, head.retry_after, head_only);
    if (error.kind == ErrorKind::expired_credentials) credentials_->expired(request.revision);
    throw error;
}

awaitable<void> S3Store::get(const GetRequest& request, BodySink& sink) {
    if (credentials_->wanted()) co_await credentials_->brought();
    const std::string path = target_.base_path + "/" + encode_path(request.key);
    std::string range;
    HeaderView headers[3];
    std::size_t count = 0;
    if (!request.if_match.empty()) headers[count++] = {"if-match", request.if_match};
    if (request.range) {
        range = range_value(*request.range);
        headers[count++] = {"range", range};
    }
    if (target_.requester_pays) headers[count++] = {"x-amz-request-payer", "requester"};
    const Signed sent = request_head("GET", path, {}, std::span(headers, count));

    Lease answer = co_await exchange(sent, false);
    if (answer->head().status == 416 && request.range && request.range->begin == 0) {
        // Only of an empty object can no range from byte 0 be had.
        co_await answer->read_text(error_body_limit);
        sink.begin({0, answer->head().etag, parse_http_date(answer->head().last_modified)}, {});
        co_return;
    }
    if (answer->head().status != 200 && answer->head().status != 206)
        co_await refuse(*answer, sent, false);

    BodyPlace place = place_of(request, answer->head());
    if (!place.sized && answer->ends_by_close()) {
        // Cut off, it would look complete: HEAD has to tell how much there is.
        place.meta.size = (co_await head(request.key)).size;
        place.range = {0, place.meta.size};
        place.sized = true;
    }
    if (!place.sized) {
        const std::string body = co_await answer->read_text(unsized_body_limit);
        place.meta.size = body.size();
        const auto into = sink.begin(place.meta, {0, body.size()});
        std::copy_n(reinterpret_cast<const std::byte*>(body.data()), into.size(), into.data());
        sink.advanced(into.size());
        co_return;
    }
    co_await receive(*answer, sink.begin(place.meta, place.range), sink);
}

awaitable<ObjectMeta> S3Store::head(const std::string& key) {
    if (credentials_->wanted()) co_await credentials_->brought();
    const std::string path = target_.base_path + "/" + encode_path(key);
    HeaderView payer{"x-amz-request-payer", "requester"};
    const Signed sent =
        request_head("HEAD", path, {}, std::span(&payer, target_.requester_pays ? 1 : 0));
    Lease answer = co_await exchange(sent, true);
    if (answer->head().status != 200) co_await refuse(*answer, sent, true);
    if (!answer->head().content_length)
        throw contradiction(answer->head(), "the answer to a HEAD names no Content-Length");
    co_return ObjectMeta{*answer->head().content_length, answer->head().etag,
                         parse_http_date(answer->head().last_modified)};
}

awaitable<ListPage> S3Store::list_page(const ListRequest& request) {
    if (credentials_->wanted()) co_await credentials_->brought();
    std::string query;
    if (!request.token.empty()) query += "continuation-token=" + encode_query(request.token) + "&";
    query += "encoding-type=url&list-type=2";
    if (request.max_keys > 0) query += "&max-keys=" + std::to_string(request.max_keys);
    query += "&prefix=" + encode_query(request.prefix);
    const std::string path = target_.base_path.empty() ? "/" : target_.base_path;
    HeaderView payer{"x-amz-request-payer", "requester"};
    const Signed sent =
        request_head("GET", path, query, std::span(&payer, target_.requester_pays ? 1 : 0));
    Lease answer = co_await exchange(sent, false);
    if (answer->head().status != 200) co_await refuse(*answer, sent, false);
    const std::string body = co_await answer->read_text(list_page_limit);
    try {
        co_return parse_list_page(body);
    } catch (Error& error) {
        error.status = answer->head().status;
        error.request_id = answer->head().request_id;
        throw;
    }
}

}  // namespace s3pipes
