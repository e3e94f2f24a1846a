#include "core/records/tar_reader.hpp"

#include <algorithm>
#include <utility>

namespace s3pipes {

namespace {

// Long names and attributes take kilobytes; a damaged size must not take the memory.
constexpr std::uint64_t kMaxExtensionBytes = 16u << 20;

std::uint64_t padding(std::uint64_t size) noexcept {
    return (kTarBlockBytes - size % kTarBlockBytes) % kTarBlockBytes;
}

BadArchive damaged(const std::string& what, std::uint64_t offset) {
    return BadArchive("damaged tar archive: " + what + " at byte " + std::to_string(offset));
}

BadArchive refused(const std::string& what, const std::string& name, std::uint64_t offset) {
    return BadArchive(what + " are not supported: member '" + shown(name) + "' at byte " +
                      std::to_string(offset));
}

}  // namespace

void TarReader::feed(std::string_view piece) {
    if (!piece_.empty()) throw std::logic_error("fed before the last piece was used");
    if (state_ != State::ended) piece_ = piece;
}

void TarReader::finish() {
    if (state_ == State::ended) return;
    const std::string ends =
        "the tar archive is cut short: it ends at byte " + std::to_string(offset_) + ", ";
    const std::string member = "member '" + shown(header_.name) + "' of " +
                               std::to_string(header_.size) + " bytes, whose header is at byte " +
                               std::to_string(header_offset_);
    if (state_ == State::payload)
        throw BadArchive(ends + std::to_string(left_) + " bytes before the end of " + member);
    if (state_ == State::extension) throw BadArchive(ends + "within an extended header");
    if (pass_ > 0) throw BadArchive(ends + "before the block border after " + member);
    if (offset_ < kTarBlockBytes)
        throw BadArchive("not a tar archive: only " + std::to_string(offset_) + " bytes");
    if (!is_zero_block(block_)) throw BadArchive(ends + "within a header");
    if (has_local_) throw BadArchive(ends + "after an extended header");
    state_ = State::ended;
}

TarReader::Step TarReader::step() {
    for (;;) {
        if (state_ == State::ended) {
            piece_ = {};
            return Step::end;
        }
        if (state_ == State::header) {
            while (pass_ > 0 && !piece_.empty()) pass_ -= take(pass_).size();
            const std::string_view block = take_block();
            if (block.empty()) return Step::hungry;
            const bool is_file = read_header(block);
            block_.clear();
            if (is_file) return Step::member;
            continue;
        }
        const std::string_view bytes = take(left_);
        left_ -= bytes.size();
        if (state_ == State::payload) {
            if (bytes.empty()) return Step::hungry;
            payload_ = bytes;
            if (left_ == 0) state_ = State::header;
            return Step::payload;
        }
        extension_.append(bytes);
        if (left_ > 0) return Step::hungry;
        end_extension();
        state_ = State::header;
    }
}

std::string_view TarReader::take(std::uint64_t most) noexcept {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(most, piece_.size()));
    const std::string_view bytes = piece_.substr(0, count);
    piece_.remove_prefix(count);
    offset_ += count;
    return bytes;
}

// The next header block; empty where more bytes are needed.
std::string_view TarReader::take_block() {
    if (block_.empty() && piece_.size() >= kTarBlockBytes) return take(kTarBlockBytes);
    block_.append(take(kTarBlockBytes - block_.size()));
    return block_.size() == kTarBlockBytes ? std::string_view(block_) : std::string_view();
}

bool TarReader::read_header(std::string_view block) {
    const std::uint64_t at = offset_ - kTarBlockBytes;
    if (is_zero_block(block)) {
        if (has_local_) throw damaged("no header after an extended one", at);
        if (++zero_blocks_ == 2) state_ = State::ended;
        return false;
    }
    // To stop here silently could lose every member behind it.
    if (zero_blocks_ > 0) throw damaged("a single block of zeros, then more data,", at);
    header_ = parse_tar_header(block, at);
    header_offset_ = at;
    switch (header_.type) {
        case 'x':
        case 'X':  // Solaris
        case 'g':
        case 'L':
        case 'K':
            if (header_.size > kMaxExtensionBytes)
                throw damaged("an extended header of " + std::to_string(header_.size) + " bytes",
                              at);
            extension_.clear();
            begin_data(State::extension);
            return false;
        default: return begin_member();
    }
}

bool TarReader::begin_member() {
    const TarOverrides said = std::exchange(local_, {});
    has_local_ = false;
    if (said.name || global_.name) header_.name = said.name ? *said.name : *global_.name;
    if (said.size || global_.size) header_.size = said.size ? *said.size : *global_.size;
    if (header_.type == 'S' || said.sparse || global_.sparse)
        throw refused("sparse files", header_.name, header_offset_);
    if (header_.type == 'M') throw refused("multi-volume archives", header_.name, header_offset_);
    // v7 had no type for directories.
    if (header_.type == '\0' && header_.name.ends_with('/')) header_.type = '5';
    switch (header_.type) {
        case '\0':
        case '0':
        case '7':  // contiguous
            if (header_.size > 0) begin_data(State::payload);
            return true;
        case '1':  // links, devices, directories and pipes have no data, whatever the size says
        case '2':
        case '3':
        case '4':
        case '5':
        case '6': return false;
        default: pass_ = header_.size + padding(header_.size); return false;
    }
}

void TarReader::begin_data(State state) {
    state_ = state;
    left_ = header_.size;
    pass_ = padding(header_.size);
}

void TarReader::end_extension() {
    if (header_.type == 'g') {
        global_.apply_pax(extension_, header_offset_);
        return;
    }
    has_local_ = true;
    if (header_.type == 'L') {
        // A pax path, being exact, goes before GNU's.
        if (!local_.name) local_.name = extension_.substr(0, extension_.find('\0'));
    } else if (header_.type != 'K') {
        local_.apply_pax(extension_, header_offset_);
    }
}

}  // namespace s3pipes
