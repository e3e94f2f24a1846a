#include "core/cache/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace s3pipes::cache {
namespace {

constexpr mode_t ours_alone = 0600;
#ifndef MADV_POPULATE_READ
constexpr int populate_read = 22;  // Linux 5.14
#else
constexpr int populate_read = MADV_POPULATE_READ;
#endif

}  // namespace

void throw_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

File File::open_in(int directory, const std::string& name, bool writable) noexcept {
    const int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    File file(::openat(directory, name.c_str(), flags));
    struct stat found{};
    if (!file || ::fstat(file.descriptor(), &found) != 0) return {};
    if (S_ISREG(found.st_mode) && found.st_uid == ::geteuid()) return file;
    file = {};
    errno = ELOOP;
    return file;
}

File File::create_in(int directory, const std::string& name) {
    File file(::openat(directory, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                       ours_alone));
    if (!file) throw_errno("open");
    return file;
}

void File::close() noexcept {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

std::uint64_t File::size() const noexcept {
    struct stat found{};
    return ::fstat(descriptor_, &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

bool File::is_removed() const noexcept {
    struct stat found{};
    return ::fstat(descriptor_, &found) != 0 || found.st_nlink == 0;
}

void File::reserve(std::uint64_t bytes) const {
    const auto size = static_cast<off_t>(bytes);
    int failed = 0;
    do {
        failed = ::fallocate(descriptor_, 0, 0, size) == 0 ? 0 : errno;
    } while (failed == EINTR);
    // Some file systems cannot: then the disk may turn out to be full as bytes are written.
    if (failed == EOPNOTSUPP) failed = ::ftruncate(descriptor_, size) == 0 ? 0 : errno;
    if (failed == 0) return;
    errno = failed;
    throw_errno("fallocate");
}

void File::read_at(std::uint64_t offset, std::span<std::byte> into) const {
    while (!into.empty()) {
        const ssize_t got =
            ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) errno = ENODATA;
        if (got <= 0) throw_errno("read");
        into = into.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
}

void File::write_at(std::uint64_t offset, std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
        const ssize_t put =
            ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put == 0) errno = ENOSPC;
        if (put <= 0) throw_errno("write");
        bytes = bytes.subspan(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
}

Mapping::Mapping(const File& file, std::uint64_t bytes, bool writable)
    : size_(static_cast<std::size_t>(bytes)) {
    void* const data = ::mmap(nullptr, size_, writable ? PROT_READ | PROT_WRITE : PROT_READ,
                              MAP_SHARED, file.descriptor(), 0);
    if (data == MAP_FAILED) throw_errno("mmap");
    data_ = static_cast<std::byte*>(data);
}

Mapping::~Mapping() {
    if (data_ != nullptr) ::munmap(data_, size_);
}

Mapping::Pages Mapping::populate(std::uint64_t offset, std::uint64_t bytes) const noexcept {
    if (bytes == 0) return Pages::there;
    static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const std::uint64_t begin = offset / page * page;
    for (;;) {
        if (::madvise(data_ + begin, offset + bytes - begin, populate_read) == 0)
            return Pages::there;
        switch (errno) {
            case EINTR:
            case EAGAIN: continue;
            case EINVAL: return Pages::there;  // an older kernel: they come as they are touched
            case EFAULT:
            case EIO:
            case EHWPOISON: return Pages::lost;
            default: return Pages::unknown;
        }
    }
}

}  // namespace s3pipes::cache
