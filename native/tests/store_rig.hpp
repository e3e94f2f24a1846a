// An S3Store on a test's own event loop, and a sink that remembers what it was told.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/store/s3_store.hpp"
#include "tests/http_rig.hpp"

namespace s3pipes::test {

struct CollectingSink final : BodySink {
    std::optional<ObjectMeta> meta;
    ByteRange body;
    std::string bytes;                    // as much room as begin() gave
    std::size_t in_place = 0;             // of them
    std::uint64_t room = UINT64_MAX;      // begin() gives no more
    std::uint64_t may_reserve = 1 << 20;  // reserve() grants no more
    std::vector<std::uint64_t> reserved;

    std::uint64_t behind = 0;  // begin() does not want these
    bool was_asked = false;
    Carrier* carrier = nullptr;

    void asked() noexcept override { was_asked = true; }
    void carried(Carrier* by) noexcept override { carrier = by; }
    Place begin(const ObjectMeta& of, ByteRange range) override {
        BOOST_TEST(was_asked);
        meta = of;
        body = range;
        bytes.assign(std::min(room, range.size() - behind), '\0');
        return {std::as_writable_bytes(std::span(bytes)), behind};
    }
    void advanced(std::size_t total) override {
        BOOST_TEST(total > in_place);
        BOOST_TEST(total <= bytes.size());
        in_place = total;
    }
    bool reserve(std::uint64_t size) override {
        reserved.push_back(size);
        return size <= may_reserve;
    }
    bool whole() const { return meta && in_place == bytes.size(); }
};

struct S3Rig {
    ClientLoop loop;
    std::shared_ptr<CredentialCell> credentials = std::make_shared<CredentialCell>();
    S3Target target;
    std::shared_ptr<S3Store> made;

    explicit S3Rig(const ScriptedServer& server) {
        target.endpoint = at(server);
        target.bucket = "bucket";
        target.base_path = "/bucket";
        target.region = "us-east-1";
    }

    S3Store& store() {
        if (!made)
            made = std::make_shared<S3Store>(target, credentials, std::vector<Pool*>{&loop.pool});
        return *made;
    }

    CollectingSink get(const GetRequest& request) {
        CollectingSink sink;
        loop.run(store().get(request, sink));
        return sink;
    }
    Error get_error(const GetRequest& request) {
        CollectingSink sink;
        return loop.error_of(store().get(request, sink));
    }
};

inline GetRequest whole(const std::string& key = "key") {
    return {key, std::nullopt, "", std::nullopt};
}

inline GetRequest part(std::uint64_t begin, std::uint64_t end, const std::string& key = "key") {
    return {key, ByteRange{begin, end}, "", std::nullopt};
}

// "HTTP/1.1 206 Partial Content" with its fields and an empty line, and no mark of S3.
inline std::string bare_head_of(const std::string& status, const std::string& fields = "") {
    return "HTTP/1.1 " + status + "\r\n" + fields + "\r\n";
}
inline std::string head_of(const std::string& status, const std::string& fields = "") {
    return bare_head_of(status, "x-amz-request-id: ID\r\n" + fields);
}

}  // namespace s3pipes::test
