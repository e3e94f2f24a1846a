// An engine over a store that keeps checksums, and what became of them.
#pragma once

#include <cstdint>
#include <string>

#include "tests/engine_rig.hpp"

namespace s3pipes::test {

inline constexpr ChecksumKind crc64 = ChecksumKind::crc64nvme;

// So many of the answers for a byte bring it with a bit turned round.
inline void flip(MemoryStore& store, std::uint64_t at, int times = 1) {
    store.script([at, left = times](const MemoryStore::Request& request) mutable {
        Answer answer;
        const auto& range = request.get.range;
        if (left > 0 && (!range || (range->begin <= at && at < range->end))) {
            --left;
            answer.flip = at;
        }
        return answer;
    });
}

inline std::uint64_t verified(Rig& rig) {
    return rig.engine->stats().bytes_verified;
}
inline std::uint64_t unverified(Rig& rig) {
    return rig.engine->stats().bytes_unverified;
}
inline std::uint64_t mended(Rig& rig) {
    return rig.engine->stats().retries_by[static_cast<std::size_t>(RetryCause::checksum)];
}

inline std::string wrong_with_whole(Cursor& stream, const std::string& key, std::uint64_t size) {
    const View all = stream.whole(patience());
    if (all.size() != size) return std::to_string(all.size()) + " bytes";
    const auto same = MemoryStore::mismatch({all.data(), all.size()}, key, 0);
    return same == size ? "" : "wrong at " + std::to_string(same);
}

}  // namespace s3pipes::test
