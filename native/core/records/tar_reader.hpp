// Bytes of a tar archive → its regular files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/records/tar_header.hpp"

namespace s3pipes {

// Reads ustar, pax, GNU (long names, base-256 sizes) and v7 archives from pieces of any size.
// Directories, links, devices and types unknown are passed over; sparse and multi-volume members,
// which could only be given wrong or short, are refused. Every fault throws BadArchive.
class TarReader {
  public:
    enum class Step {
        hungry,   // feed the next piece, or finish
        member,   // a file begins: name() and size()
        payload,  // its next bytes: payload(); until there have been size() of them
        end,      // two blocks of zeros, or finish() at a block border; whatever follows is dropped
    };

    // The archive's next bytes, which must stay where they are until step() is hungry again.
    void feed(std::string_view piece);
    // There are no more bytes. Throws where the archive cannot end here.
    void finish();
    Step step();

    const std::string& name() const noexcept { return header_.name; }  // raw bytes
    std::uint64_t size() const noexcept { return header_.size; }
    std::string_view payload() const noexcept { return payload_; }

  private:
    enum class State { header, extension, payload, ended };

    std::string_view take(std::uint64_t most) noexcept;
    std::string_view take_block();
    // True where the header begins a regular file.
    bool read_header(std::string_view block);
    bool begin_member();
    void end_extension();
    void begin_data(State state);

    std::string_view piece_;    // what is left of it
    std::uint64_t offset_ = 0;  // of its first byte in the archive
    State state_ = State::header;
    std::string block_;  // a header's bytes so far, where it lies in several pieces
    TarHeader header_;
    std::uint64_t header_offset_ = 0;
    std::uint64_t left_ = 0;  // data bytes still to come
    std::uint64_t pass_ = 0;  // bytes to pass over before the next header
    std::string extension_;   // body of an extended header
    TarOverrides global_;
    TarOverrides local_;  // for the next header only
    bool has_local_ = false;
    unsigned zero_blocks_ = 0;
    std::string_view payload_;
};

}  // namespace s3pipes
