#include "core/http/response_parser.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "core/words/error.hpp"
#include "core/words/object.hpp"

namespace s3pipes {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using Failure = boost::beast::error_code;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorKind::bad_response, "not a valid HTTP response: " + why);
}

[[noreturn]] void refuse_head_size() {
    refuse("its head is longer than " + std::to_string(ResponseParser::head_limit_bytes / 1024) +
           " KiB");
}

constexpr std::string_view checksum_field = "x-amz-checksum-";

// Where a checksum goes: of several the first kind that ChecksumKind has.
std::string* place_of_checksum(ResponseHead& head, std::string_view name) {
    if (boost::beast::iequals(name, "type")) return &head.checksum_type;
    const auto kind = checksum_kind_of(name);
    if (!kind || (!head.checksum.empty() && head.checksum_kind <= *kind)) return nullptr;
    head.checksum_kind = *kind;
    return &head.checksum;
}

// Where a field goes, or null for one that nobody asked for.
std::string* place_of(ResponseHead& head, http::field field, string_view name) {
    switch (field) {
        case http::field::etag: return &head.etag;
        case http::field::content_range: return &head.content_range;
        case http::field::content_type: return &head.content_type;
        case http::field::last_modified: return &head.last_modified;
        case http::field::retry_after: return &head.retry_after;
        case http::field::date: return &head.date;
        case http::field::unknown: break;
        default: return nullptr;
    }
    if (boost::beast::iequals(name, "x-amz-request-id")) return &head.request_id;
    if (boost::beast::iequals(name, "x-amz-bucket-region")) return &head.bucket_region;
    if (boost::beast::iequals(name.substr(0, checksum_field.size()), checksum_field))
        return place_of_checksum(
            head, {name.data() + checksum_field.size(), name.size() - checksum_field.size()});
    return nullptr;
}

}  // namespace

// Beast knows the grammar; this keeps what we need of it, in a ResponseHead instead of a map.
class ResponseParser::Machine final : public http::basic_parser<false> {
  public:
    Machine(ResponseHead& head, bool head_only) : head_(head) {
        header_limit(head_limit_bytes);
        body_limit(boost::none);
        skip(head_only);
        eager(false);  // stops behind the head, so that the body can go straight to its place
    }

    std::span<std::byte> into;
    bool odd_coding = false;
    bool twice_sized = false;

  private:
    void on_request_impl(http::verb, string_view, string_view, int, Failure&) override {}
    void on_response_impl(int status, string_view, int, Failure&) override {
        head_.status = status;
    }

    void on_field_impl(http::field field, string_view name, string_view value, Failure&) override {
        if (field == http::field::content_length) {
            twice_sized = twice_sized || sized_;
            sized_ = true;
        } else if (field == http::field::transfer_encoding) {
            odd_coding = odd_coding || !boost::beast::iequals(value, "chunked");
        } else if (std::string* place = place_of(head_, field, name)) {
            place->assign(value.data(), value.size());
        }
    }

    void on_trailer_field_impl(http::field, string_view, string_view, Failure&) override {}
    void on_header_impl(Failure&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Failure&) override {}
    std::size_t on_body_impl(string_view, Failure&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, string_view, Failure&) override {}

    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, Failure&) override {
        const std::size_t size = std::min(body.size(), into.size());
        std::memcpy(into.data(), body.data(), size);
        into = into.subspan(size);
        return size;
    }

    void on_finish_impl(Failure&) override {}

    ResponseHead& head_;
    bool sized_ = false;
};

struct ResponseParser::Slot {
    std::optional<Machine> machine;
};

ResponseParser::ResponseParser() : slot_(std::make_unique<Slot>()) {}
ResponseParser::~ResponseParser() = default;

void ResponseParser::start(bool head_only) {
    head_ = ResponseHead{};
    slot_->machine.emplace(head_, head_only);
    fed_bytes_ = looked_at_bytes_ = 0;
    body_ = Body::none;
    head_only_ = head_only;
    head_done_ = keep_alive_ = false;
}

std::size_t ResponseParser::feed_head(std::span<const std::byte> wire) {
    std::size_t used = 0;
    while (!head_done_ && used < wire.size()) {
        const auto rest = wire.subspan(used);
        // Beast works line by line and starts each line anew: no use before the line is whole.
        const auto unseen = rest.subspan(std::min(looked_at_bytes_, rest.size()));
        if (unseen.empty() || std::memchr(unseen.data(), '\n', unseen.size()) == nullptr) {
            looked_at_bytes_ = rest.size();
            break;
        }
        looked_at_bytes_ = 0;

        Machine& machine = *slot_->machine;
        Failure failure;
        const std::size_t taken = machine.put({rest.data(), rest.size()}, failure);
        used += taken;
        fed_bytes_ += taken;
        if (failure == http::error::header_limit) refuse_head_size();
        if (failure && failure != http::error::need_more) refuse(failure.message());
        if (machine.is_header_done()) {
            finish_head();
        } else {
            looked_at_bytes_ = wire.size() - used;
            break;
        }
    }
    if (!head_done_ && fed_bytes_ + looked_at_bytes_ > head_limit_bytes) refuse_head_size();
    return used;
}

void ResponseParser::finish_head() {
    const Machine& machine = *slot_->machine;
    if (machine.odd_coding) refuse("a transfer coding other than chunked");
    if (machine.twice_sized) refuse("more than one Content-Length");
    if (head_.status == 101) refuse("it switches protocols unasked");
    if (head_.status / 100 == 1) {
        head_ = ResponseHead{};
        slot_->machine.emplace(head_, head_only_);
        return;
    }
    if (head_.status < 200) refuse("status " + std::to_string(head_.status));
    if (const auto length = machine.content_length()) {
        if (*length > largest_object_bytes) refuse("a body larger than any object");
        head_.content_length = *length;
    }
    keep_alive_ = machine.keep_alive();
    if (head_only_ || head_.status == 204 || head_.status == 304) {
        body_ = Body::none;
    } else if (machine.chunked()) {
        body_ = Body::chunked;
    } else {
        body_ = head_.content_length ? Body::length : Body::until_close;
    }
    head_done_ = true;
}

ResponseParser::Decoded ResponseParser::decode(std::span<const std::byte> wire,
                                               std::span<std::byte> into) {
    Machine& machine = *slot_->machine;
    machine.into = into;
    Decoded done;
    // With no room left it still goes on to the next chunk's size, which may say that all is done.
    while (!machine.is_done() && done.used < wire.size()) {
        const auto rest = wire.subspan(done.used);
        Failure failure;
        const std::size_t taken = machine.put({rest.data(), rest.size()}, failure);
        done.used += taken;
        if (failure == http::error::need_more) break;
        if (failure) refuse(failure.message());
        if (taken == 0) break;
    }
    done.written = into.size() - machine.into.size();
    machine.into = {};
    return done;
}

bool ResponseParser::chunks_done() const noexcept {
    return slot_->machine->is_done();
}

}  // namespace s3pipes
