#include "core/s3/range_sum.hpp"

#include <algorithm>

namespace s3pipes {

RangeSum::RangeSum(ChecksumKinds kinds, std::uint64_t begin, bool cut)
    : kinds_(kinds),
      begin_(begin),
      end_(begin),
      cut_(cut && (kinds & ChecksumKinds::all_that_join()) == kinds) {
    pieces_.emplace_back(kinds);
}

void RangeSum::add(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::uint64_t room = grain_bytes - end_ % grain_bytes;
        const auto some =
            cut_ ? bytes.substr(0, std::min<std::uint64_t>(bytes.size(), room)) : bytes;
        if (cut_ && room == grain_bytes && pieces_.back().bytes() != 0)
            pieces_.emplace_back(kinds_);
        pieces_.back().add(some);
        end_ += some.size();
        bytes.remove_prefix(some.size());
    }
}

void RangeSum::append(const RangeSum& behind, const ObjectChecksum* said) {
    kinds_ = kinds_ & behind.kinds_ & ChecksumKinds::all_that_join();
    const auto parts_here = [&] {
        if (said == nullptr) return end_ % grain_bytes == 0;
        return said->part_bytes != 0 && end_ % said->part_bytes == 0;
    };
    for (const ChunkSum& piece : behind.pieces_) {
        if (pieces_.back().bytes() != 0 && behind.cut_ && parts_here())
            pieces_.emplace_back(kinds_);
        pieces_.back().append(piece);
        end_ += piece.bytes();
    }
}

std::string RangeSum::value(ChecksumKind kind) const {
    if (pieces_.size() == 1) return pieces_.front().value(kind);
    ChunkSum all(kind);
    for (const ChunkSum& piece : pieces_) all.append(piece);
    return all.value(kind);
}

std::optional<std::string> RangeSum::composite(ChecksumKind kind, std::uint64_t part_bytes) const {
    ChunkSum of_parts(kind), part(kind);
    std::uint64_t at = begin_, border = begin_ + part_bytes;
    for (const ChunkSum& piece : pieces_) {
        part.append(piece);
        at += piece.bytes();
        if (at > border) return std::nullopt;
        if (at < border && at != end_) continue;
        of_parts.add(part.value(kind));
        part = ChunkSum(kind);
        border = at + part_bytes;
    }
    return of_parts.value(kind);
}

}  // namespace s3pipes
