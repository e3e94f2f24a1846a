#include "sim/server/request_reader.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>

namespace s3pipes::sim {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using Failure = boost::beast::error_code;

constexpr std::uint32_t head_limit_bytes = 64 << 10;

}  // namespace

class RequestReader::Machine final : public http::basic_parser<true> {
  public:
    Machine() {
        header_limit(head_limit_bytes);
        body_limit(boost::none);
        eager(true);
    }

    Request request;
    bool expects_continue = false;

  private:
    void on_request_impl(http::verb, string_view method, string_view target, int,
                         Failure&) override {
        request.method.assign(method.data(), method.size());
        request.target.assign(target.data(), target.size());
        request.headers.reserve(12);
    }
    void on_response_impl(int, string_view, int, Failure&) override {}

    void on_field_impl(http::field field, string_view name, string_view value, Failure&) override {
        request.headers.emplace_back(name, value);
        if (field == http::field::expect) {
            expects_continue = boost::beast::iequals(value, "100-continue");
        }
    }

    void on_trailer_field_impl(http::field, string_view name, string_view value,
                               Failure&) override {
        request.headers.emplace_back(name, value);
    }
    void on_header_impl(Failure&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>& size, Failure&) override {
        constexpr std::uint64_t most = 64 << 20;  // more grows as it comes
        if (size) request.body.reserve(std::min(*size, most));
    }
    std::size_t on_body_impl(string_view body, Failure&) override {
        request.body.append(body.data(), body.size());
        return body.size();
    }
    void on_chunk_header_impl(std::uint64_t, string_view, Failure&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, Failure&) override {
        request.body.append(body.data(), body.size());
        return body.size();
    }
    void on_finish_impl(Failure&) override {}
};

struct RequestReader::Slot {
    std::optional<Machine> machine;
};

RequestReader::RequestReader() : slot_(std::make_unique<Slot>()) {
    start();
}
RequestReader::~RequestReader() = default;

void RequestReader::start() {
    slot_->machine.emplace();
    begun_ = bad_ = false;
}

std::size_t RequestReader::feed(std::span<const std::byte> wire) {
    Machine& machine = *slot_->machine;
    std::size_t used = 0;
    begun_ = begun_ || !wire.empty();
    while (!machine.is_done() && used < wire.size()) {
        const auto rest = wire.subspan(used);
        Failure failure;
        const std::size_t taken = machine.put({rest.data(), rest.size()}, failure);
        used += taken;
        if (failure == http::error::need_more) break;
        if (failure) {
            bad_ = true;
            break;
        }
        if (taken == 0) break;
    }
    return used;
}

bool RequestReader::head_done() const noexcept {
    return slot_->machine->is_header_done();
}

bool RequestReader::done() const noexcept {
    return slot_->machine->is_done();
}

bool RequestReader::expects_continue() const noexcept {
    return slot_->machine->expects_continue;
}

bool RequestReader::keep_alive() const noexcept {
    return slot_->machine->keep_alive();
}

Request& RequestReader::request() noexcept {
    return slot_->machine->request;
}

}  // namespace s3pipes::sim
