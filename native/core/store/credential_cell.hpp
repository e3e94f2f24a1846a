// Credentials that change while requests run.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "core/words/credentials.hpp"

namespace s3pipes {

// Python fills it, event loops read it. Whoever finds the credentials expired asks for new ones;
// whoever waits in Python sees that and brings them.
class CredentialCell {
  public:
    // nullptr: anonymous.
    std::shared_ptr<const Credentials> get() const {
        std::lock_guard lock(mutex_);
        return credentials_;
    }

    void set(std::shared_ptr<const Credentials> credentials) {
        std::lock_guard lock(mutex_);
        credentials_ = std::move(credentials);
        wanted_.store(false);
    }

    void ask() noexcept { wanted_.store(true); }
    bool wanted() const noexcept { return wanted_.load(std::memory_order_relaxed); }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Credentials> credentials_;
    std::atomic<bool> wanted_{false};
};

}  // namespace s3pipes
