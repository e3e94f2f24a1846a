// One bucket of Amazon S3 or of a store that speaks its protocol.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "core/http/endpoint.hpp"
#include "core/http/per_loop.hpp"
#include "core/http/pool.hpp"
#include "core/s3/sigv4.hpp"
#include "core/store/credential_cell.hpp"
#include "core/store/object_store.hpp"
#include "core/words/generation.hpp"

namespace s3pipes {

struct S3Target {
    Endpoint endpoint;
    std::string bucket;
    std::string base_path;  // "" for virtual-hosted style, "/bucket" for path style
    std::string region;
    bool requester_pays = false;
    bool verify_checksums = false;         // asks for those that the store holds
    std::shared_ptr<const Whence> whence;  // told where it cannot be reached
};

class S3Store final : public ObjectStore {
  public:
    // Where pages of listings are parsed; asked for as one has come.
    using Parser = std::function<boost::asio::any_io_executor()>;

    // One pool per event loop. Without `parser`, pages are parsed on the event loops.
    S3Store(S3Target target, std::shared_ptr<CredentialCell> credentials, std::vector<Pool*> pools,
            Parser parser = {});
    ~S3Store() override;
    S3Store(const S3Store&) = delete;
    S3Store& operator=(const S3Store&) = delete;

    boost::asio::awaitable<void> ready() override;
    boost::asio::awaitable<void> get(const GetRequest& request, BodySink& sink) override;
    boost::asio::awaitable<ObjectMeta> head(const std::string& key) override;
    boost::asio::awaitable<ListPage> list_page(const ListRequest& request) override;
    bool verifies() const override { return target_.verify_checksums; }
    boost::asio::awaitable<std::optional<ObjectChecksum>> checksum(
        const std::string& key, const std::string& etag) override;
    boost::asio::awaitable<bool> has_equal_parts(const std::string& key, const std::string& etag,
                                                 const ObjectChecksum& said) override;
    const std::string& origin() const override { return origin_; }
    std::string url_of(const std::string& key) const override;

  private:
    struct Place {
        Pool* pool;
        Signer signer;
    };
    // A request's head, and whose signature it bears.
    struct Signed {
        std::string head;
        std::uint64_t revision;
    };

    Signed request_head(std::string_view method, std::string_view path, std::string_view query,
                        std::span<const HeaderView> headers);
    // Sends and reads the head; a kept connection that turns out closed is replaced at once.
    // `avoid`: see Pool::acquire. `sink`, if any, hears what carries the answer; it is for the
    // caller to say when that has ended.
    boost::asio::awaitable<Lease> exchange(const Signed& request, bool head_only,
                                           std::uint64_t avoid = 0, BodySink* sink = nullptr);
    boost::asio::awaitable<Lease> exchange_anew(const Signed& request, bool head_only,
                                                std::uint64_t avoid, BodySink* sink);
    // Replaces the error where the reason is that the other scheme is spoken there.
    boost::asio::awaitable<void> look_for_reason(Error& error);
    // Of the HEAD of an object, which is there, or of one of its parts, from 1.
    boost::asio::awaitable<ResponseHead> head_of(const std::string& key, std::uint32_t part = 0);
    // The body of an answer that is no success; "" where it cannot be had.
    static boost::asio::awaitable<std::string> refusal_text(Connection& answer);
    // What such an answer means. Asks for new credentials, if that is it.
    Error verdict(const ResponseHead& head, const std::string& body, const Signed& request,
                  bool to_head);
    bool follow_clock(std::string_view date);
    static std::int64_t seconds_of_this_machine();
    std::int64_t seconds_now() const { return seconds_of_this_machine() + clock_ahead_s_.load(); }
    boost::asio::awaitable<void> refuse(Connection& answer, const Signed& request);
    boost::asio::awaitable<ListPage> parse(std::string body);
    boost::asio::awaitable<void> unsatisfied(Lease answer, const Signed& sent,
                                             const GetRequest& request, BodySink& sink);

    const std::uint64_t generation_ = process_generation();
    const S3Target target_;
    const std::string origin_;
    const std::string host_header_;
    const std::shared_ptr<CredentialCell> credentials_;
    PerLoop<Place> places_;
    const Parser parser_;
    std::atomic<std::int64_t> clock_ahead_s_{0};  // the store's, where ours is wrong
    std::atomic<bool> answered_{false};           // ever
    std::atomic<bool> looks_for_reason_{false};
};

}  // namespace s3pipes
