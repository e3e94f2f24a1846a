// One bucket of Amazon S3 or of a store that speaks its protocol.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "core/http/endpoint.hpp"
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
};

class S3Store final : public ObjectStore {
  public:
    // One pool per event loop.
    S3Store(S3Target target, std::shared_ptr<CredentialCell> credentials, std::vector<Pool*> pools);
    ~S3Store() override;
    S3Store(const S3Store&) = delete;
    S3Store& operator=(const S3Store&) = delete;

    boost::asio::awaitable<void> get(std::size_t loop, const GetRequest& request,
                                     BodySink& sink) override;
    boost::asio::awaitable<ObjectMeta> head(std::size_t loop, const std::string& key) override;
    boost::asio::awaitable<ListPage> list_page(std::size_t loop, const std::string& prefix,
                                               const std::string& token, int max_keys) override;
    const std::string& origin() const override { return host_header_; }
    std::string url_of(const std::string& key) const override;
    bool awaits_credentials() const override { return credentials_->wanted(); }
    void ask_for_credentials() override { credentials_->ask(); }

  private:
    std::string request_head(std::size_t loop, std::string_view method, std::string_view path,
                             std::string_view query, std::span<const HeaderView> headers);
    // Sends and reads the head; a kept connection that turns out closed is replaced at once.
    boost::asio::awaitable<Lease> exchange(std::size_t loop, std::string_view head, bool head_only);
    boost::asio::awaitable<void> refuse(Connection& answer, bool head_only);

    const std::uint64_t generation_ = process_generation();
    const S3Target target_;
    const std::string host_header_;
    const std::shared_ptr<CredentialCell> credentials_;
    const std::vector<Pool*> pools_;
    std::vector<Signer> signers_;  // one per event loop, so that none needs a lock
};

}  // namespace s3pipes
