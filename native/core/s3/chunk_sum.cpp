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

ChunkSum::ChunkSum(ChecksumKinds kinds) : kinds_(kinds) {
    for (const auto kind : {ChecksumKind::sha1, ChecksumKind::sha256}) {
        if (!kinds.has(kind)) continue;
        hash_.reset(EVP_MD_CTX_new());
        if (!hash_) throw std::bad_alloc();
        must(EVP_DigestInit_ex2(hash_.get(), algorithm(kind), nullptr) == 1);
    }
}

void ChunkSum::add(std::string_view bytes) {
    if (kinds_.has(ChecksumKind::crc64nvme)) crc64nvme_ = crc64nvme(bytes, crc64nvme_);
    if (kinds_.has(ChecksumKind::crc32c)) crc32c_ = crc32c(bytes, crc32c_);
    if (kinds_.has(ChecksumKind::crc32)) crc32_ = crc32(bytes, crc32_);
    if (hash_) must(EVP_DigestUpdate(hash_.get(), bytes.data(), bytes.size()) == 1);
    bytes_ += bytes.size();
}

void ChunkSum::append(const ChunkSum& behind) noexcept {
    kinds_ = kinds_ & behind.kinds_ & ChecksumKinds::all_that_join();
    if (kinds_.has(ChecksumKind::crc64nvme))
        crc64nvme_ = join_crc64nvme(crc64nvme_, behind.crc64nvme_, behind.bytes_);
    if (kinds_.has(ChecksumKind::crc32c))
        crc32c_ = join_crc32c(crc32c_, behind.crc32c_, behind.bytes_);
    if (kinds_.has(ChecksumKind::crc32)) crc32_ = join_crc32(crc32_, behind.crc32_, behind.bytes_);
    bytes_ += behind.bytes_;
}

std::string ChunkSum::value(ChecksumKind kind) const {
    switch (kind) {
        case ChecksumKind::crc64nvme: return big_endian(crc64nvme_, 8);
        case ChecksumKind::crc32c: return big_endian(crc32c_, 4);
        case ChecksumKind::crc32: return big_endian(crc32_, 4);
        case ChecksumKind::sha1:
        case ChecksumKind::sha256: break;
    }
    const std::unique_ptr<evp_md_ctx_st, Free> ended(EVP_MD_CTX_new());
    if (!ended) throw std::bad_alloc();
    must(EVP_MD_CTX_copy_ex(ended.get(), hash_.get()) == 1);
    std::string bytes(size_of(kind), '\0');
    must(EVP_DigestFinal_ex(ended.get(), reinterpret_cast<unsigned char*>(bytes.data()), nullptr) ==
         1);
    return bytes;
}

}  // namespace s3pipes
