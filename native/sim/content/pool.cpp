#include "sim/content/pool.hpp"

#include <openssl/evp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace s3pipes::sim {
namespace {

constexpr std::string_view pool_seed = "s3pipes simulated S3";

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::system_category(), what);
}

}  // namespace

const Pool& Pool::shared() {
    static const Pool pool;
    return pool;
}

Pool::Pool() {
    file_ = ::memfd_create("s3pipes-pool", MFD_CLOEXEC);
    if (file_ < 0 || ::ftruncate(file_, size_bytes) != 0) fail("memfd_create");
    void* memory = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    if (memory == MAP_FAILED) fail("mmap");
    begin_ = static_cast<std::byte*>(memory);
    EVP_MD_CTX* shake = EVP_MD_CTX_new();
    const bool filled =
        shake != nullptr && EVP_DigestInit_ex(shake, EVP_shake128(), nullptr) == 1 &&
        EVP_DigestUpdate(shake, pool_seed.data(), pool_seed.size()) == 1 &&
        EVP_DigestFinalXOF(shake, reinterpret_cast<unsigned char*>(begin_), size_bytes) == 1;
    EVP_MD_CTX_free(shake);
    if (!filled) throw std::system_error(ENOTSUP, std::system_category(), "SHAKE-128");
}

std::optional<std::size_t> Pool::offset(std::span<const std::byte> bytes) const noexcept {
    if (bytes.data() < begin_ || bytes.data() + bytes.size() > begin_ + size_bytes) return {};
    return static_cast<std::size_t>(bytes.data() - begin_);
}

}  // namespace s3pipes::sim
