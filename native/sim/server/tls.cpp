#include "sim/server/tls.hpp"

#include <stdexcept>

namespace s3pipes::sim {

ServerTls server_tls(const std::string& certificate_file, const std::string& key_file) {
    ServerTls context(SSL_CTX_new(TLS_server_method()));
    if (!context ||
        SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        throw std::invalid_argument("no certificate in " + certificate_file + " with its key in " +
                                    key_file);
    }
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    return context;
}

}  // namespace s3pipes::sim
