#include "core/s3/chunk_sum.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

#include "core/s3/checksum.hpp"
#include "core/words/error.hpp"

namespace s3pipes {
namespace {

void must(bool done) {
    if (!done) throw Error(ErrorKind::config, "OpenSSL cannot compute a checksum");
}

const EVP_MD* fetched(const char* name) {
    const EVP_MD* const found = EVP_MD_fetch(nullptr, name, nullptr);
    must(found != nullptr);
    return found;
}

// Looked up once each, and never freed: see sha256.cpp.
const EVP_MD* algorithm(ChecksumKind kind) {
    static const EVP_MD* const sha1 = fetched("SHA1");
    static const EVP_MD* const sha256 = fetched("SHA256");
    return kind == ChecksumKind::sha1 ? sha1 : sha256;
}

std::string big_endian(std::uint64_t word, std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = size; i-- > 0; word >>= 8) bytes[i] = static_cast<char>(word & 255);
    return bytes;
}

}  // namespace

void ChunkSum::Free::operator()(evp_md_ctx_st* context) const {
    EVP_MD_CTX_free(context);
}

ChunkSum::ChunkSum(ChecksumKind kind) : kind_(kind) {
    if (joins(kind)) return;
    hash_.reset(EVP_MD_CTX_new());
    if (!hash_) throw std::bad_alloc();
    must(EVP_DigestInit_ex2(hash_.get(), algorithm(kind), nullptr) == 1);
}

void ChunkSum::add(std::string_view bytes) {
    bytes_ += bytes.size();
    switch (kind_) {
        case ChecksumKind::crc64nvme: crc_ = crc64nvme(bytes, crc_); return;
        case ChecksumKind::crc32c: crc_ = crc32c(bytes, static_cast<std::uint32_t>(crc_)); return;
        case ChecksumKind::crc32: crc_ = crc32(bytes, static_cast<std::uint32_t>(crc_)); return;
        case ChecksumKind::sha1:
        case ChecksumKind::sha256:
            must(EVP_DigestUpdate(hash_.get(), bytes.data(), bytes.size()) == 1);
    }
}

void ChunkSum::append(const ChunkSum& behind) noexcept {
    const auto first = static_cast<std::uint32_t>(crc_),
               second = static_cast<std::uint32_t>(behind.crc_);
    switch (kind_) {
        case ChecksumKind::crc64nvme:
            crc_ = join_crc64nvme(crc_, behind.crc_, behind.bytes_);
            break;
        case ChecksumKind::crc32c: crc_ = join_crc32c(first, second, behind.bytes_); break;
        case ChecksumKind::crc32: crc_ = join_crc32(first, second, behind.bytes_); break;
        case ChecksumKind::sha1:
        case ChecksumKind::sha256: return;
    }
    bytes_ += behind.bytes_;
}

std::string ChunkSum::value() const {
    if (!hash_) return big_endian(crc_, size_of(kind_));
    const std::unique_ptr<evp_md_ctx_st, Free> ended(EVP_MD_CTX_new());
    if (!ended) throw std::bad_alloc();
    must(EVP_MD_CTX_copy_ex(ended.get(), hash_.get()) == 1);
    std::string bytes(size_of(kind_), '\0');
    must(EVP_DigestFinal_ex(ended.get(), reinterpret_cast<unsigned char*>(bytes.data()), nullptr) ==
         1);
    return bytes;
}

}  // namespace s3pipes
