// Who gives up bytes when memory is short.
#pragma once

#include <cstdint>
#include <tuple>

namespace s3pipes {

// One object that holds bytes nobody waits for, seen from the one that needs memory.
struct Holder {
    bool same_reader = false;
    bool behind = false;         // its reader has gone on to later objects
    bool nearer = false;         // of the same reader: to be delivered before the one in need
    std::uint64_t distance = 0;  // in the order of delivery
    std::uint64_t touched = 0;   // when its reader last read anything
};

// What is farther gives way to what is nearer, the farthest first. Only who waits takes from other
// readers, from those left alone longest first; and from what it would deliver earlier itself last
// of all.
inline bool gives_way_before(const Holder& a, const Holder& b) {
    const auto rank = [](const Holder& holder) {
        const int kind = !holder.same_reader ? 2 : holder.behind ? 0 : holder.nearer ? 3 : 1;
        return std::tuple(kind, holder.same_reader ? 0 : holder.touched,
                          UINT64_MAX - holder.distance);
    };
    return rank(a) < rank(b);
}

}  // namespace s3pipes
