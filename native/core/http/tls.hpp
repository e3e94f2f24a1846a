// Whom we trust, and what one endpoint's connections remember of each other.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

namespace s3pipes {

// The latest session with one server, so that the next connection skips the full handshake.
// Belongs to one event loop: OpenSSL writes into a session that it resumes.
class TlsSession {
  public:
    TlsSession() = default;
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    void keep(ssl_session_st* owned) noexcept;  // takes ownership
    ssl_session_st* get() const noexcept { return session_; }

  private:
    ssl_session_st* session_ = nullptr;
};

// The socket under a TLS client. Outlives it.
struct TlsSocket {
    int fd = -1;           // -1: closed
    int os_error = 0;      // what made the last recv or send fail
    int record_bytes = 0;  // the size of the peer's records, as far as it is known
    bool drained = false;  // the last recv left nothing behind: wait before the next one
    bool ended = false;    // the peer closed
    bool heard = false;    // the peer has said something,
    bool plain = false;    // and it was no TLS
};

// The certificates we accept, and the sessions with those who showed them. Shared by connections of
// every loop.
class TlsTrust : public std::enable_shared_from_this<TlsTrust> {
  public:
    // What one recv may take in: four records of 16 KiB and their frames. More of it for every
    // connection would no longer fit the processor's cache, and cost what the fewer calls save.
    static constexpr std::size_t read_ahead_bytes = 4 * (16 * 1024 + 64);

    // `verify` false accepts any peer: only by the user's explicit choice. `ca_file` empty: the
    // system's CAs, where SSL_CERT_FILE and SSL_CERT_DIR have their usual meaning.
    // While one of equal settings lives, it is given again: who shares trust shares connections.
    // Throws Error{config} that names the file, if it cannot be read.
    static std::shared_ptr<TlsTrust> make(bool verify, const std::string& ca_file);

    ~TlsTrust();
    TlsTrust(const TlsTrust&) = delete;
    TlsTrust& operator=(const TlsTrust&) = delete;

    bool verifies() const noexcept { return verify_; }

    // Of this event loop with the server of that name and port; lives as long as the trust.
    TlsSession& session_with(const std::string& peer);

    // A client for `host`, ready for its handshake; the caller frees it. `socket` and `session`
    // must outlive it. Throws Error{config} where no certificate could name such a host.
    ssl_st* new_client(TlsSocket& socket, const std::string& host, TlsSession& session) const;

  private:
    TlsTrust(ssl_ctx_st* owned, bool verify) noexcept : context_(owned), verify_(verify) {}

    static std::shared_ptr<TlsTrust> load(bool verify, const std::string& ca_file);

    ssl_ctx_st* context_;
    bool verify_;
    std::mutex mutex_;
    std::map<std::pair<std::string, std::size_t>, TlsSession> sessions_;  // by peer and loop
};

}  // namespace s3pipes
