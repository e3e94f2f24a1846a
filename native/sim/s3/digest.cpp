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

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<signed char, 256> values_of_letters() {
    std::array<signed char, 256> values{};
    for (auto& value : values) value = -1;
    for (std::size_t i = 0; i < letters.size(); ++i)
        values[static_cast<unsigned char>(letters[i])] = static_cast<signed char>(i);
    return values;
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

std::string encode_base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        const auto size = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t j = 0; j < 3; ++j)
            group = group << 8 | (j < size ? static_cast<unsigned char>(bytes[i + j]) : 0u);
        for (std::size_t j = 0; j < 4; ++j)
            out += j <= size ? letters[(group >> (18 - 6 * j)) & 63] : '=';
    }
    return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
    static constexpr auto values = values_of_letters();
    if (text.size() % 4 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const auto group = text.substr(i, 4);
        const bool last = i + 4 == text.size();
        const std::size_t padding = !last ? 0 : group.ends_with("==") ? 2 : group.ends_with('=');
        unsigned bits = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const int value = j < 4 - padding ? values[static_cast<unsigned char>(group[j])] : 0;
            if (value < 0) return std::nullopt;
            bits = bits << 6 | static_cast<unsigned>(value);
        }
        for (std::size_t j = 0; j < 3 - padding; ++j)
            out += static_cast<char>(bits >> (16 - 8 * j));
        if ((bits & ((1u << (8 * padding)) - 1)) != 0) return std::nullopt;
    }
    return out;
}

}  // namespace s3pipes::sim
