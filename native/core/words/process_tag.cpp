#include "core/words/process_tag.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

namespace s3pipes {
namespace {

struct Facts {
    char state = 0;
    pid_t parent = 0;
    std::uint64_t began = 0;  // in clock ticks since the machine started
};

std::optional<Facts> facts_of(pid_t pid) noexcept {
    char path[32];
    std::snprintf(path, sizeof path, "/proc/%d/stat", static_cast<int>(pid));
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    char text[1024];
    const ssize_t size = ::read(file, text, sizeof text - 1);
    ::close(file);
    if (size <= 0) return std::nullopt;
    text[size] = 0;
    // The name before it, in brackets, may hold anything.
    const char* rest = std::strrchr(text, ')');
    Facts facts;
    int parent = 0;
    unsigned long long began = 0;
    if (rest == nullptr ||
        std::sscanf(rest + 1,
                    " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
                    "%llu",
                    &facts.state, &parent, &began) != 3)
        return std::nullopt;
    facts.parent = parent;
    facts.began = began;
    return facts;
}

ProcessTag tag_of(pid_t pid, const std::optional<Facts>& facts) noexcept {
    const std::uint64_t began = facts ? facts->began : 0;
    return static_cast<ProcessTag>(pid) << 32 | (began & 0xffffffffU);
}

}  // namespace

ProcessTag tag_of_this_process() noexcept {
    return tag_of(::getpid(), facts_of(::getpid()));
}

Lineage lineage() noexcept {
    Lineage parents{};
    pid_t parent = ::getppid();
    for (ProcessTag& tag : parents) {
        if (parent <= 1) break;
        const auto facts = facts_of(parent);
        if (!facts) break;
        tag = tag_of(parent, facts);
        parent = facts->parent;
    }
    return parents;
}

bool lives(ProcessTag tag) noexcept {
    const auto pid = static_cast<pid_t>(tag >> 32);
    if (::kill(pid, 0) != 0 && errno == ESRCH) return false;
    const auto facts = facts_of(pid);
    if (!facts) return errno != ENOENT;  // there is no /proc to tell
    return facts->state != 'Z' && facts->state != 'X' && tag_of(pid, facts) == tag;
}

}  // namespace s3pipes
