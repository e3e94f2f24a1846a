// MD5 and SHA-1, which S3 still counts with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace s3pipes::sim {

// Bytes in, a digest out.
class Hash {
  public:
    enum class Kind { md5, sha1, sha256 };

    explicit Hash(Kind kind);

    void add(std::string_view bytes);
    std::string finish();  // the bare bytes

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string digest_of(Hash::Kind kind, std::string_view bytes);
std::string hex(std::string_view bytes);  // lower case

}  // namespace s3pipes::sim
