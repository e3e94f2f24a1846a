#include "core/engine/read/chunk_check.hpp"

#include <utility>

#include "core/s3/base64.hpp"

namespace s3pipes {

Error mismatch(const ObjectChecksum& said, const std::string& found) {
    return {ErrorKind::checksum_mismatch,
            std::string("the bytes do not have the checksum that the store holds: ") +
                name_of(said.kind) + " " + encode_base64(found) + ", not " +
                encode_base64(said.value)};
}

void ChunkCheck::tell(const ObjectChecksum& said, bool whole) {
    // What may have been read already cannot be taken back.
    const bool late = chunk_.filled != 0 && !chunk_.sealed;
    if (said.parts != 0 || disbelieved_ || late) return;
    said_ = said;
    whole_ = whole;
    chunk_.sealed = true;
}

void ChunkCheck::sum_by(ChecksumKinds kinds) {
    // One that has more than is wanted goes on.
    if (!sum_ || (sum_->kinds() & kinds) != kinds)
        sum_.emplace(kinds, chunk_.range.begin, download_.in_parts.load(std::memory_order_relaxed));
    const std::uint64_t filled = chunk_.filled.load(), from = sum_->bytes();
    if (filled <= from) return;
    const auto bytes = chunk_.memory.bytes().subspan(from, filled - from);
    sum_->add({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void ChunkCheck::follow() {
    if (said_)
        sum_by(said_->kind);
    else if (chunk_.summed)
        sum_by(download_.checksum_kinds.load(std::memory_order_relaxed));
}

void ChunkCheck::end() {
    follow();
    if (said_) {
        std::string found = sum_->value(said_->kind);
        chunk_.verified = found == said_->value;
        // A range for which the same comes twice is as it is stored: what was told is of something
        // else, by a store that tells it of all ranges alike.
        disbelieved_ = !chunk_.verified && !whole_ && found == found_;
        if (!chunk_.verified && !disbelieved_) {
            const Error wrong = mismatch(*said_, found);
            found_ = std::move(found);
            chunk_.filled = 0;
            sum_.reset();
            throw wrong;
        }
    }
    ended_ = true;
    if (sum_ && (sum_->kinds() & ChecksumKinds::all_that_join()) != ChecksumKinds())
        chunk_.sum = std::move(sum_);
    sum_.reset();
}

}  // namespace s3pipes
