#include "sim/s3/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>
#include <stdexcept>

namespace s3pipes::sim {
namespace {

void must(bool done) {
    if (!done) throw std::runtime_error("OpenSSL cannot compute a digest");
}

const EVP_MD* fetched(const char* name) {
    const EVP_MD* const found = EVP_MD_fetch(nullptr, name, nullptr);
    must(found != nullptr);
    return found;
}

// Looked up once each: the search costs more than a short hash.
const EVP_MD* of(Hash::Kind kind) {
    static const EVP_MD* const md5 = fetched("MD5");
    static const EVP_MD* const sha1 = fetched("SHA1");
    static const EVP_MD* const sha256 = fetched("SHA256");
    return kind == Hash::Kind::md5 ? md5 : kind == Hash::Kind::sha1 ? sha1 : sha256;
}

}  // namespace

void Hash::Free::operator()(evp_md_ctx_st* context) const {
    EVP_MD_CTX_free(context);
}

Hash::Hash(Kind kind) : context_(EVP_MD_CTX_new()) {
    if (!context_) throw std::bad_alloc();
    must(EVP_DigestInit_ex2(context_.get(), of(kind), nullptr) == 1);
}

void Hash::add(std::string_view bytes) {
    must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Hash::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned size = 0;
    must(EVP_DigestFinal_ex(context_.get(), bytes.data(), &size) == 1);
    return {reinterpret_cast<const char*>(bytes.data()), size};
}

std::string digest_of(Hash::Kind kind, std::string_view bytes) {
    Hash hash(kind);
    hash.add(bytes);
    return hash.finish();
}

std::string hex(std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size());
    for (const char c : bytes) {
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

}  // namespace s3pipes::sim
