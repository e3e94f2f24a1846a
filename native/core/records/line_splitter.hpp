// Bytes of text objects → lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace s3pipes {

struct LineRules {
    bool strip = true;                       // drop every \r and \n at both ends of a line
    std::size_t max_line_bytes = 64u << 20;  // without the line feed
    std::uint64_t skip_lines = 0;            // dropped at the start of each object
};

struct LineTooLong : std::runtime_error {
    std::uint64_t offset;  // of the line's first byte in its object

    LineTooLong(std::uint64_t offset_, std::size_t max_line_bytes);
};

// Only \n ends a line; what follows the last one is a line too, if there is any. The records do not
// depend on how an object is cut into pieces.
class LineSplitter {
  public:
    explicit LineSplitter(LineRules rules) : rules_(rules) {}

    // A new object begins; whatever was left of the one before is dropped.
    void start();
    // The object's next bytes, which must stay where they are until split() has found them used up.
    void feed(std::string_view piece);
    // The object has no more bytes: what is left becomes its last line.
    void finish();
    // Appends lines until `lines` holds `most`, about `most_bytes` were looked through, or no byte
    // waits. They are valid until the next feed, finish or start. Throws LineTooLong, but not
    // before all lines in front of the long one were handed out.
    void split(std::vector<std::string_view>& lines, std::size_t most, std::size_t most_bytes);
    // Bytes fed and not yet looked through.
    std::size_t waiting_bytes() const noexcept { return piece_.size(); }

  private:
    LineRules rules_;
    std::string_view piece_;        // what is left of it
    std::string tail_;              // a line's beginning, from earlier pieces
    std::string joined_;            // a line that lay in several pieces
    std::uint64_t line_begin_ = 0;  // offset of the present line in its object
    std::uint64_t to_skip_ = 0;
    bool finished_ = false;
};

}  // namespace s3pipes
