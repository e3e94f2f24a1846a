#include "tests/scripted_server.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace s3pipes::test {

using boost::asio::ip::tcp;

Certificate::Certificate(const std::string& names, int days)
    : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    constexpr long day = 24L * 60 * 60;
    X509_set_version(certificate_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -10 * day);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), days * day);
    X509_NAME* subject = X509_get_subject_name(certificate_);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate_, subject);
    X509_set_pubkey(certificate_, key_);
    X509_EXTENSION* san =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate_, san, -1);
    X509_EXTENSION_free(san);
    X509_sign(certificate_, key_, EVP_sha256());

    std::string pattern =
        (std::filesystem::temp_directory_path() / "s3pipes-test-ca-XXXXXX").string();
    const int fd = ::mkstemp(pattern.data());
    if (fd < 0) throw std::runtime_error("no temporary file");
    std::FILE* out = ::fdopen(fd, "w");
    PEM_write_X509(out, certificate_);
    std::fclose(out);
    file_ = pattern;
}

Certificate::~Certificate() {
    std::filesystem::remove(file_);
    X509_free(certificate_);
    EVP_PKEY_free(key_);
}

Peer::Peer(tcp::socket socket, SSL_CTX* tls) : socket_(std::move(socket)) {
    socket_.set_option(tcp::no_delay(true));
    if (tls != nullptr) start_tls(tls);
}

Peer::~Peer() {
    SSL_free(tls_);
}

void Peer::start_tls(SSL_CTX* tls) {
    tls_ = SSL_new(tls);
    SSL_set_fd(tls_, socket_.native_handle());
    ready_ = SSL_accept(tls_) == 1;
}

std::size_t Peer::receive(char* into, std::size_t size) {
    if (tls_ != nullptr) {
        const int got = SSL_read(tls_, into, static_cast<int>(size));
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    boost::system::error_code failure;
    const std::size_t got = socket_.read_some(boost::asio::buffer(into, size), failure);
    return failure ? 0 : got;
}

std::string Peer::request() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        char piece[4096];
        const std::size_t got = receive(piece, sizeof piece);
        if (got == 0) return "";
        buffer_.append(piece, got);
    }
    std::string head = buffer_.substr(0, end + 4);
    buffer_.erase(0, end + 4);
    return head;
}

std::string Peer::body(std::size_t size) {
    std::string body = std::exchange(buffer_, "");
    while (body.size() < size) {
        char piece[65536];
        const std::size_t got = receive(piece, sizeof piece);
        if (got == 0) break;
        body.append(piece, got);
    }
    return body;
}

bool Peer::send(std::string_view bytes) {
    if (tls_ != nullptr) {
        return SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) > 0;
    }
    boost::system::error_code failure;
    boost::asio::write(socket_, boost::asio::buffer(bytes), failure);
    return !failure;
}

void Peer::send_in_pieces(std::string_view bytes, std::size_t piece) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        if (!send(bytes.substr(at, piece))) return;
    }
}

void Peer::wait_for_close() {
    char ignored[4096];
    while (receive(ignored, sizeof ignored) != 0) {
    }
}

void Peer::close() {
    if (tls_ != nullptr) SSL_shutdown(tls_);
    cut();
}

void Peer::cut() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
}

void Peer::reset() {
    socket_.set_option(boost::asio::socket_base::linger(true, 0));
    socket_.close();
}

ScriptedServer::ScriptedServer(Script script, const Certificate* certificate, int max_version)
    : acceptor_(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()) {
    if (certificate != nullptr) {
        tls_ = SSL_CTX_new(TLS_server_method());
        SSL_CTX_use_certificate(tls_, certificate->certificate());
        SSL_CTX_use_PrivateKey(tls_, certificate->key());
        SSL_CTX_set_max_proto_version(tls_, max_version);
    }
    thread_ = std::thread([this, script = std::move(script)] { serve(script); });
}

void ScriptedServer::serve(const Script& script) {
    // The server's own writes may meet a closed client. On this thread only: the client must do
    // without.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    for (;;) {
        boost::system::error_code failure;
        tcp::socket socket = acceptor_.accept(failure);
        if (failure) return;
        {
            const std::lock_guard lock(mutex_);
            if (over_) return;
            // A second descriptor: the script may close the first, and its number be given anew.
            current_ = ::dup(socket.native_handle());
        }
        {
            Peer peer(std::move(socket), tls_);
            if (peer.ready()) script(peer, connections_++);
        }
        const std::lock_guard lock(mutex_);
        ::close(std::exchange(current_, -1));
    }
}

ScriptedServer::~ScriptedServer() {
    {
        // Clients may still hold connections, idle ones above all: they end here.
        const std::lock_guard lock(mutex_);
        over_ = true;
        if (current_ >= 0) ::shutdown(current_, SHUT_RDWR);
    }
    boost::system::error_code ignored;
    tcp::socket last(io_);
    last.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), port_), ignored);
    last.close(ignored);
    thread_.join();
    SSL_CTX_free(tls_);
}

}  // namespace s3pipes::test
