// A TCP or TLS server that says exactly what a test wants said.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace s3pipes::test {

// A key and a certificate for it that vouches for itself.
class Certificate {
  public:
    // `names` as subjectAltName has them: "DNS:localhost,IP:127.0.0.1". `days` < 0: expired.
    explicit Certificate(const std::string& names, int days = 2);
    ~Certificate();
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;

    const std::string& file() const { return file_; }  // PEM, without the key
    X509* certificate() const { return certificate_; }
    EVP_PKEY* key() const { return key_; }

  private:
    EVP_PKEY* key_;
    X509* certificate_;
    std::string file_;
};

// One accepted connection, blocking.
class Peer {
  public:
    Peer(boost::asio::ip::tcp::socket socket, SSL_CTX* tls);
    ~Peer();

    // The next request's head, or "" when the client has gone.
    std::string request();
    std::string body(std::size_t size);
    bool send(std::string_view bytes);
    void send_in_pieces(std::string_view bytes, std::size_t piece);
    void wait_for_close();  // reads until the client is gone
    void close();           // in good order, with TLS's farewell
    void cut();             // without TLS's farewell
    void reset();           // RST
    void start_tls(SSL_CTX* tls);
    bool resumed() const { return tls_ != nullptr && SSL_session_reused(tls_) == 1; }
    bool ready() const { return ready_; }

  private:
    std::size_t receive(char* into, std::size_t size);

    boost::asio::ip::tcp::socket socket_;
    SSL* tls_ = nullptr;
    bool ready_ = true;
    std::string buffer_;
};

class ScriptedServer {
  public:
    using Script = std::function<void(Peer&, int connection)>;

    // Runs `script` for each connection, one after the other, on a thread of its own.
    explicit ScriptedServer(Script script, const Certificate* certificate = nullptr,
                            int max_version = TLS1_3_VERSION);
    ~ScriptedServer();

    std::uint16_t port() const { return port_; }
    int connections() const { return connections_; }
    SSL_CTX* tls() const { return tls_; }

  private:
    void serve(const Script& script);

    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    SSL_CTX* tls_ = nullptr;
    std::uint16_t port_;
    std::atomic<int> connections_ = 0;
    std::mutex mutex_;
    int current_ = -1;  // the socket being served
    bool over_ = false;
    std::thread thread_;
};

}  // namespace s3pipes::test
