// Which process this is. Threads, locks and sockets do not survive a fork; what carries the
// generation of its making can tell, without a system call, that it came from the parent.
#pragma once

#include <atomic>
#include <cstdint>
#include <tuple>
#include <utility>

namespace s3pipes {

// Starts at 1 and grows by one in the child of every fork.
std::uint64_t process_generation() noexcept;

// The T of this process, made at first use and never destroyed: threads may outlive static
// destruction. A fork's child leaves the parent's alone, whose locks may be held by a thread that
// is not here, and makes its own.
template <typename T>
T& of_this_process() {
    struct Stamped {
        T value{};
        const std::uint64_t generation = process_generation();
    };
    static std::atomic<Stamped*> current{new Stamped};
    Stamped* found = current.load();
    while (found->generation != process_generation()) {
        auto* mine = new Stamped;
        if (current.compare_exchange_strong(found, mine)) return mine->value;
        delete mine;
    }
    return found->value;
}

// For destructors in a fork's child: a thread of the parent may have been halfway through changing
// these when the fork came, so they must not be destroyed. Takes them and leaks them.
template <typename... T>
void leave_behind(T&... parts) {
    new std::tuple<T...>(std::move(parts)...);
}

}  // namespace s3pipes
