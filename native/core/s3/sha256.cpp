#include "core/s3/sha256.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>
#include <tuple>

#include "core/words/error.hpp"

namespace s3pipes {
namespace {

void must(bool done) {
    if (!done) throw Error(ErrorKind::config, "OpenSSL cannot compute SHA-256");
}

// Looked up once: OpenSSL 3 spends more on the search than on a short hash. Never freed, for a
// thread may still be signing while the process ends.
const EVP_MD* algorithm() {
    static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    must(found != nullptr);
    return found;
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
    EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    if (!context_) throw std::bad_alloc();
}

void Sha256::start() {
    must(EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr) == 1);
}

void Sha256::start_as(const Sha256& other) {
    must(EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()) == 1);
}

void Sha256::add(std::string_view bytes) {
    must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Digest Sha256::finish() {
    Digest digest;
    must(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
    Digest digest;
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    must(HMAC(algorithm(), key.data(), static_cast<int>(key.size()), data, bytes.size(),
              digest.data(), nullptr) != nullptr);
    return digest;
}

std::string_view bytes_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

void append_hex(std::string& out, const Digest& digest) {
    constexpr char digits[] = "0123456789abcdef";
    std::array<char, 2 * std::tuple_size_v<Digest>> text;
    for (std::size_t i = 0; i < digest.size(); ++i) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    out.append(text.data(), text.size());
}

std::string sha256_hex(std::string_view bytes) {
    Sha256 hash;
    hash.start();
    hash.add(bytes);
    std::string out;
    append_hex(out, hash.finish());
    return out;
}

}  // namespace s3pipes
