// Credentials that change while requests run.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <mutex>

#include "core/words/credentials.hpp"

namespace s3pipes {

// Python fills it, event loops read it. A store that finds the credentials expired asks for new
// ones; whoever waits in Python sees that and brings them.
class CredentialCell {
  public:
    struct Present {
        std::shared_ptr<const Credentials> credentials;  // nullptr: anonymous
        std::uint64_t revision = 0;
    };

    Present present() const {
        std::lock_guard lock(mutex_);
        return present_;
    }

    void set(std::shared_ptr<const Credentials> credentials) {
        std::lock_guard lock(mutex_);
        present_.credentials = std::move(credentials);
        ++present_.revision;
        wanted_.store(false);
    }

    // Those of that revision were refused as expired. Asks for new ones, unless they have come.
    void expired(std::uint64_t revision) {
        std::lock_guard lock(mutex_);
        if (revision == present_.revision) wanted_.store(true);
    }

    void ask() noexcept { wanted_.store(true); }
    bool wanted() const noexcept { return wanted_.load(std::memory_order_relaxed); }

    // On an event loop: ends when no new ones are wanted any more. The cell must outlive it. Throws
    // Error{cancelled}.
    boost::asio::awaitable<void> brought() const;

  private:
    mutable std::mutex mutex_;
    Present present_;
    std::atomic<bool> wanted_{false};
};

}  // namespace s3pipes
