// Descriptors and mappings of the cache's own files, closed where they end.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace s3pipes::cache {

class File {
  public:
    File() = default;
    explicit File(int descriptor) noexcept : descriptor_(descriptor) {}
    ~File() { close(); }
    File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&& other) noexcept {
        if (this != &other) {
            close();
            descriptor_ = std::exchange(other.descriptor_, -1);
        }
        return *this;
    }

    // Of a file in that directory; no link is followed. An empty one where that fails, and errno
    // says why: ELOOP where it is no plain file of ours.
    static File open_in(int directory, const std::string& name, bool writable) noexcept;
    // Throws std::system_error where it exists, or cannot be made.
    static File create_in(int directory, const std::string& name);

    explicit operator bool() const noexcept { return descriptor_ >= 0; }
    int descriptor() const noexcept { return descriptor_; }
    // It is closed already.
    void forget() noexcept { descriptor_ = -1; }

    std::uint64_t size() const noexcept;
    bool is_removed() const noexcept;
    // So many bytes, all of which have their place on the disk. Throws std::system_error.
    void reserve(std::uint64_t bytes) const;
    // Throw std::system_error; a file that ends too early is one.
    void read_at(std::uint64_t offset, std::span<std::byte> into) const;
    void write_at(std::uint64_t offset, std::span<const std::byte> bytes) const;

  private:
    void close() noexcept;

    int descriptor_ = -1;
};

class Mapping {
  public:
    Mapping() = default;
    // The first bytes of a file, shared with all who map it. Throws std::system_error.
    Mapping(const File& file, std::uint64_t bytes, bool writable);
    ~Mapping();
    Mapping(Mapping&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Mapping& operator=(Mapping&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }

    std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    // Brings pages in, so that to touch them does not end the process where the disk fails.
    enum class Pages : std::uint8_t {
        there,
        lost,     // the disk does not give them
        unknown,  // not now
    };
    Pages populate(std::uint64_t offset, std::uint64_t bytes) const noexcept;

  private:
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

[[noreturn]] void throw_errno(const char* what);

}  // namespace s3pipes::cache
