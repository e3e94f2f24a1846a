#include "core/cache/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "core/words/error.hpp"
#include "core/words/generation.hpp"
#include "core/words/printable.hpp"

namespace s3pipes::cache {
namespace {

constexpr mode_t for_us_alone = 0700;
constexpr mode_t for_others = 0077;
constexpr const char* lock_name = "lock";

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw Error(ErrorKind::config, "the cache folder " + path + " " + why);
}

// A lock is of an open file, which a child has too: it closes its own at once, and the lock stays
// the parent's.
struct LockFiles {
    std::mutex mutex;
    std::set<int> open;

    static LockFiles& all() {
        static LockFiles* const files = [] {
            ::pthread_atfork([] { all().mutex.lock(); }, [] { all().mutex.unlock(); },
                             [] {
                                 for (const int descriptor : all().open) ::close(descriptor);
                                 all().open.clear();
                                 all().mutex.unlock();
                             });
            return new LockFiles;
        }();
        return *files;
    }
};

bool set_lock(int descriptor, short type, std::uint64_t byte) noexcept {
    struct flock lock{};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<off_t>(byte);
    lock.l_len = 1;
    int result = 0;
    do {
        result = ::fcntl(descriptor, F_OFD_SETLK, &lock);
    } while (result != 0 && errno == EINTR);
    return result == 0;
}

}  // namespace

Folder::Folder(std::string path, IsOurs is_ours)
    : path_(std::move(path)), generation_(process_generation()) {
    if (::mkdir(path_.c_str(), for_us_alone) != 0 && errno != EEXIST && errno != EROFS)
        refuse(path_, std::string("cannot be made: ") + std::strerror(errno));
    directory_ = File(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!directory_) {
        const bool link = errno == ELOOP || errno == ENOTDIR;
        refuse(path_, link ? "is no folder, or a symbolic link to one: name the folder itself"
                           : std::string("cannot be opened: ") + std::strerror(errno));
    }
    struct stat found{};
    if (::fstat(directory(), &found) != 0)
        refuse(path_, std::string("cannot be looked at: ") + std::strerror(errno));
    if (found.st_uid != ::geteuid())
        refuse(path_, "belongs to user " + std::to_string(found.st_uid) +
                          ": each user needs one of their own");
    if ((found.st_mode & for_others) != 0)
        refuse(path_, "may be read or written by others: `chmod 700` it, or name a new one in it");
    try {
        open_lock_file(is_ours);
    } catch (const std::system_error& failure) {
        refuse(path_, "cannot be used: " + failure.code().message());
    }
}

void Folder::open_lock_file(IsOurs is_ours) {
    LockFiles& files = LockFiles::all();
    const std::lock_guard lock(files.mutex);  // no fork comes between the two
    lock_ = File::open_in(directory(), lock_name, true);
    if (!lock_ && (errno == EACCES || errno == EROFS)) {
        lock_ = File::open_in(directory(), lock_name, writable_ = false);
    } else if (!lock_) {
        for (const std::string& name : names())
            if (name != lock_name && !is_ours(name))
                refuse(path_, "holds other files, as " + printable(name, 60) +
                                  ": it needs one of its own");
        try {
            lock_ = File::create_in(directory(), lock_name);
        } catch (const std::system_error&) {
            lock_ = File::open_in(directory(), lock_name, true);  // another process was faster
        }
    }
    if (!lock_) throw_errno("open");
    files.open.insert(lock_.descriptor());
}

Folder::~Folder() {
    if (generation_ != process_generation()) {
        lock_.forget();
        return;
    }
    LockFiles& files = LockFiles::all();
    const std::lock_guard lock(files.mutex);
    files.open.erase(lock_.descriptor());
    lock_ = {};
}

std::vector<std::string> Folder::names() const {
    const int own = ::openat(directory(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0) throw_errno("open");
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(own), ::closedir);
    if (!listing) {
        ::close(own);
        throw_errno("opendir");
    }
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(listing.get())) {
        std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(std::move(name));
        errno = 0;
    }
    if (errno != 0) throw_errno("readdir");
    return names;
}

std::uint64_t Folder::bytes() const {
    std::uint64_t sum = 0;
    for (const std::string& name : names()) {
        struct stat found{};
        if (::fstatat(directory(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0)
            sum += static_cast<std::uint64_t>(found.st_size);
        else if (errno != ENOENT)
            throw_errno("stat");
    }
    return sum;
}

void Folder::remove(const std::string& name) const noexcept {
    ::unlinkat(directory(), name.c_str(), 0);
}

void Folder::rename(const std::string& from, const std::string& to) const {
    if (::renameat(directory(), from.c_str(), directory(), to.c_str()) != 0) throw_errno("rename");
}

bool Folder::try_lock(std::uint64_t byte) const noexcept {
    return writable_ && generation_ == process_generation() && !lock_.is_removed() &&
           set_lock(lock_.descriptor(), F_WRLCK, byte);
}

std::optional<Folder::Hold> Folder::try_hold(std::uint64_t byte) const {
    if (!try_lock(byte)) return std::nullopt;
    return std::optional<Hold>(std::in_place, *this, byte);
}

std::optional<Folder::Hold> Folder::hold_all(std::chrono::milliseconds patience) const {
    using namespace std::chrono_literals;
    if (!writable_ || generation_ != process_generation()) return std::nullopt;
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        std::unique_lock threads(all_mutex_, std::try_to_lock);
        if (threads && try_lock(0))
            return std::optional<Hold>(std::in_place, *this, 0, std::move(threads));
        if (std::chrono::steady_clock::now() >= until) return std::nullopt;
        threads = {};
        std::this_thread::sleep_for(1ms);
    }
}

Folder::Hold::~Hold() {
    if (folder_ != nullptr && folder_->generation_ == process_generation())
        set_lock(folder_->lock_.descriptor(), F_UNLCK, byte_);
}

}  // namespace s3pipes::cache
