// What a server that speaks TLS shows of itself.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace s3pipes::sim {

struct FreeTls {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using ServerTls = std::unique_ptr<SSL_CTX, FreeTls>;

// Throws std::invalid_argument.
ServerTls server_tls(const std::string& certificate_file, const std::string& key_file);

}  // namespace s3pipes::sim
