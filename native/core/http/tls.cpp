#include "core/http/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <system_error>
#include <utility>

#include "core/http/per_loop.hpp"
#include "core/words/error.hpp"
#include "core/words/generation.hpp"
#include "core/words/printable.hpp"

namespace s3pipes {
namespace {

constexpr int record_head_bytes = 5;  // type, version, length
constexpr int longest_record_bytes = record_head_bytes + 16 * 1024 + 256;
constexpr char application_data = 23;

bool is_record_type(char first) {
    return first >= 20 && first <= 24;
}

// OpenSSL's own socket BIO writes with write(2), which kills the process with SIGPIPE when the peer
// is gone. Ours sends with MSG_NOSIGNAL, and spares the recv that could only say "nothing there".
// That rules out kernel TLS, no loss to a reader: the kernel would give one record per call.
int receive(BIO* bio, char* into, int size) {
    auto* socket = static_cast<TlsSocket*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (socket->drained) {
        BIO_set_retry_read(bio);
        return -1;
    }
    // OpenSSL moves the part of a record at its buffer's end to the front and asks for its rest
    // alone. Records mostly have one size, so a read of whole ones spares both.
    if (socket->record_bytes != 0 && size > socket->record_bytes)
        size -= size % socket->record_bytes;
    ssize_t got = 0;
    do got = ::recv(socket->fd, into, static_cast<std::size_t>(size), 0);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        if (!std::exchange(socket->heard, true)) socket->plain = !is_record_type(into[0]);
        socket->drained = got < size;
        if (size > longest_record_bytes && got >= record_head_bytes &&
            into[0] == application_data) {
            const auto* length = reinterpret_cast<const unsigned char*>(into) + 3;
            socket->record_bytes = record_head_bytes + length[0] * 256 + length[1];
        }
    } else if (got == 0) {
        socket->ended = true;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        BIO_set_retry_read(bio);
    } else {
        socket->os_error = errno;
    }
    return static_cast<int>(got);
}

int send_quietly(BIO* bio, const char* from, int size) {
    auto* socket = static_cast<TlsSocket*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    ssize_t sent = 0;
    do sent = ::send(socket->fd, from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            BIO_set_retry_write(bio);
        } else {
            socket->os_error = errno;
        }
    }
    return static_cast<int>(sent);
}

long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return static_cast<TlsSocket*>(BIO_get_data(bio))->ended ? 1 : 0;
    return 0;
}

BIO_METHOD* quiet_socket() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(
            BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "socket");
        if (made == nullptr) throw std::bad_alloc();
        BIO_meth_set_read(made, receive);
        BIO_meth_set_write(made, send_quietly);
        BIO_meth_set_ctrl(made, control);
        return made;
    }();
    return method;
}

int keep_session(SSL* tls, SSL_SESSION* session) {
    static_cast<TlsSession*>(SSL_get_app_data(tls))->keep(session);
    return 1;
}

bool readable(const std::string& file) {
    return std::ifstream(file).good();
}

bool has_entries(const std::string& directory) {
    std::error_code failed;
    return std::filesystem::directory_iterator(directory, failed) !=
           std::filesystem::directory_iterator();
}

std::string environment_or(const char* variable, const char* otherwise) {
    const char* value = std::getenv(variable);
    return value != nullptr ? value : otherwise;
}

Error unreadable(const std::string& file) {
    ERR_clear_error();
    return {ErrorKind::config, "cannot read CA certificates from " + file};
}

void load_place(SSL_CTX* context, const std::string& place) {
    std::error_code failed;
    const bool directory = std::filesystem::is_directory(place, failed);
    const bool loaded = directory ? SSL_CTX_load_verify_dir(context, place.c_str()) == 1
                                  : SSL_CTX_load_verify_file(context, place.c_str()) == 1;
    if (!loaded) throw unreadable(place);
}

void load_system_cas(SSL_CTX* context) {
    // A wheel's OpenSSL looks where its builder's system had certificates, not where this one does.
    static constexpr std::array bundles{
        "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch
        "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL, Amazon Linux
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // newer Fedora and RHEL
        "/etc/ssl/ca-bundle.pem",                             // openSUSE
        "/etc/ssl/cert.pem",                                  // Alpine, macOS
    };
    if (const char* file = std::getenv(X509_get_default_cert_file_env());
        file != nullptr && *file != '\0' && !readable(file)) {
        throw unreadable(file);
    }
    SSL_CTX_set_default_verify_paths(context);
    ERR_clear_error();
    if (sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(context))) > 0) return;
    if (has_entries(environment_or(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()))) {
        return;
    }
    for (const char* bundle : bundles) {
        if (readable(bundle)) return load_place(context, bundle);
    }
    throw Error(ErrorKind::config,
                "this system has no CA certificates in the usual places: name a bundle in "
                "SSL_CERT_FILE or AWS_CA_BUNDLE");
}

// One for each of the settings that are in use.
struct Registry {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<TlsTrust>> living;
};

// What the certificates depend on: where they are read from, and when they were written there.
std::string settings_of(const std::string& ca_file) {
    std::string settings;
    const auto add = [&](const std::string& place) {
        std::error_code unknown;
        const auto written = std::filesystem::last_write_time(place, unknown);
        settings += place + '\0' + std::to_string(written.time_since_epoch().count()) + '\0';
    };
    if (!ca_file.empty()) {
        add(ca_file);
    } else {
        add(environment_or(X509_get_default_cert_file_env(), X509_get_default_cert_file()));
        add(environment_or(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()));
    }
    return settings;
}

}  // namespace

TlsSession::~TlsSession() {
    keep(nullptr);
}

void TlsSession::keep(ssl_session_st* owned) noexcept {
    SSL_SESSION_free(std::exchange(session_, owned));
}

std::shared_ptr<TlsTrust> TlsTrust::make(bool verify, const std::string& ca_file) {
    const std::string settings = verify ? settings_of(ca_file) : "";
    auto& [mutex, living] = of_this_process<Registry>();
    std::lock_guard lock(mutex);
    std::erase_if(living, [](const auto& one) { return one.second.expired(); });
    std::weak_ptr<TlsTrust>& known = living[settings];
    if (auto trust = known.lock()) return trust;
    auto trust = load(verify, ca_file);
    known = trust;
    return trust;
}

std::shared_ptr<TlsTrust> TlsTrust::load(bool verify, const std::string& ca_file) {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    if (context == nullptr) throw std::bad_alloc();
    std::shared_ptr<TlsTrust> trust(
        new TlsTrust(context, verify));  // owns it, whatever throws below

    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // AES-128 costs the processor least where it has AES instructions: every server of today.
    SSL_CTX_set_ciphersuites(
        context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:HIGH:!aNULL:!eNULL:!MD5:!RC4");
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, read_ahead_bytes);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);

    if (!verify) {
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
        return trust;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (ca_file.empty()) {
        load_system_cas(context);
    } else {
        load_place(context, ca_file);
    }
    return trust;
}

TlsSession& TlsTrust::session_with(const std::string& peer) {
    std::lock_guard lock(mutex_);
    return sessions_[{peer, loop_of_this_thread}];
}

TlsTrust::~TlsTrust() {
    SSL_CTX_free(context_);
}

ssl_st* TlsTrust::new_client(TlsSocket& socket, const std::string& host,
                             TlsSession& session) const {
    SSL* tls = SSL_new(context_);
    BIO* bio = tls != nullptr ? BIO_new(quiet_socket()) : nullptr;
    if (bio == nullptr) {
        SSL_free(tls);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, &socket);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls, bio, bio);
    SSL_set_app_data(tls, &session);
    std::unique_ptr<SSL, decltype(&SSL_free)> guard(tls, SSL_free);

    boost::system::error_code not_an_address;
    boost::asio::ip::make_address(host, not_an_address);
    X509_VERIFY_PARAM* wanted = SSL_get0_param(tls);
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    // Where one of these fails, OpenSSL would check the chain and no name at all.
    const bool named = not_an_address
                           ? SSL_set_tlsext_host_name(tls, host.c_str()) == 1 &&
                                 X509_VERIFY_PARAM_set1_host(wanted, host.data(), host.size()) == 1
                           : X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1;
    if (!named || host.empty()) {
        ERR_clear_error();
        throw Error(ErrorKind::config,
                    "no certificate could name the host \"" + printable(host, 80) + "\"");
    }
    if (session.get() != nullptr) SSL_set_session(tls, session.get());
    SSL_set_connect_state(tls);
    return guard.release();
}

}  // namespace s3pipes
