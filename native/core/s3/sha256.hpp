// SHA-256 and HMAC-SHA-256.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace s3pipes {

using Digest = std::array<unsigned char, 32>;

// A SHA-256 under way; used again and again, because making one costs more than a short hash.
class Sha256 {
  public:
    Sha256();

    void start();
    void start_as(const Sha256& other);  // from where `other` stands
    void add(std::string_view bytes);
    Digest finish();

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

Digest hmac_sha256(std::string_view key, std::string_view bytes);

std::string_view bytes_of(const Digest& digest);
void append_hex(std::string& out, const Digest& digest);  // lower case
std::string sha256_hex(std::string_view bytes);

}  // namespace s3pipes
