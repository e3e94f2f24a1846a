// The directory of a cache, and who may do what in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/cache/file.hpp"

namespace s3pipes::cache {

// Several processes share it. What they have to agree on stands in its `lock` file, whose bytes are
// locked one by one: byte 0 by who changes which files there are, byte N by who writes segment N. A
// process that dies holds nothing any more, and a fork's child holds nothing of its parent's.
class Folder {
  public:
    // Says whether a file of that name may be a cache's.
    using IsOurs = bool (*)(const std::string& name);

    // Made if there is none, for nobody but us. Throws Error{config} with one line that says why
    // this cannot be a cache's folder.
    Folder(std::string path, IsOurs is_ours);
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    int directory() const noexcept { return directory_.descriptor(); }
    const File& lock_file() const noexcept { return lock_; }
    bool writable() const noexcept { return writable_; }

    // Throw std::system_error.
    std::vector<std::string> names() const;
    // Of all files in it, as they were asked for from the disk.
    std::uint64_t bytes() const;
    void remove(const std::string& name) const noexcept;
    // Throws std::system_error.
    void rename(const std::string& from, const std::string& to) const;

    // The lock of one byte, as long as it lives.
    class Hold {
      public:
        Hold(const Folder& folder, std::uint64_t byte,
             std::unique_lock<std::mutex> threads = {}) noexcept
            : folder_(&folder), byte_(byte), threads_(std::move(threads)) {}
        ~Hold();
        Hold(Hold&& other) noexcept
            : folder_(std::exchange(other.folder_, nullptr)),
              byte_(other.byte_),
              threads_(std::move(other.threads_)) {}
        Hold& operator=(Hold&&) = delete;

      private:
        const Folder* folder_;
        std::uint64_t byte_;
        std::unique_lock<std::mutex> threads_;  // a lock on a file is the whole process's
    };
    // Of a segment; not by two threads. nullopt also where the lock file was removed, so that a
    // lock of it says nothing.
    std::optional<Hold> try_hold(std::uint64_t byte) const;
    // Byte 0, which others hold for moments; nullopt: not within that time, for one may be stopped.
    std::optional<Hold> hold_all(std::chrono::milliseconds patience) const;

  private:
    void open_lock_file(IsOurs is_ours);
    bool try_lock(std::uint64_t byte) const noexcept;

    const std::string path_;
    const std::uint64_t generation_;
    File directory_;
    File lock_;
    bool writable_ = true;
    mutable std::mutex all_mutex_;
};

}  // namespace s3pipes::cache
