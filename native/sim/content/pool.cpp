#include "sim/content/pool.hpp"

#include <openssl/evp.h>

#include <stdexcept>
#include <string_view>

namespace s3pipes::sim {
namespace {

constexpr std::string_view pool_seed = "s3pipes simulated S3";

}  // namespace

const Pool& Pool::shared() {
    static const Pool pool;
    return pool;
}

Pool::Pool() : bytes_(size_bytes) {
    EVP_MD_CTX* shake = EVP_MD_CTX_new();
    const bool filled =
        shake != nullptr && EVP_DigestInit_ex(shake, EVP_shake128(), nullptr) == 1 &&
        EVP_DigestUpdate(shake, pool_seed.data(), pool_seed.size()) == 1 &&
        EVP_DigestFinalXOF(shake, reinterpret_cast<unsigned char*>(bytes_.data()), size_bytes) == 1;
    EVP_MD_CTX_free(shake);
    if (!filled) throw std::runtime_error("OpenSSL has no SHAKE-128");
}

}  // namespace s3pipes::sim
