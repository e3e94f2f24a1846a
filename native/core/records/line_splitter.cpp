#include "core/records/line_splitter.hpp"

#include <cstring>

namespace s3pipes {

namespace {

// As bytes.strip(b"\r\n"), which torchdata used: both ends, any number.
std::string_view stripped(std::string_view line) noexcept {
    const auto is_break = [](char c) { return c == '\n' || c == '\r'; };
    while (!line.empty() && is_break(line.back())) line.remove_suffix(1);
    while (!line.empty() && is_break(line.front())) line.remove_prefix(1);
    return line;
}

}  // namespace

LineTooLong::LineTooLong(std::uint64_t offset_, std::size_t max_line_bytes)
    : std::runtime_error("the line that begins at byte " + std::to_string(offset_) +
                         " is longer than max_line_bytes=" + std::to_string(max_line_bytes)),
      offset(offset_) {}

void LineSplitter::start() {
    piece_ = {};
    tail_.clear();
    line_begin_ = 0;
    to_skip_ = rules_.skip_lines;
    finished_ = false;
}

void LineSplitter::feed(std::string_view piece) {
    if (!piece_.empty() || finished_) throw std::logic_error("fed before the last piece was used");
    piece_ = piece;
}

void LineSplitter::finish() {
    if (!piece_.empty()) throw std::logic_error("finished before the last piece was used");
    finished_ = true;
}

void LineSplitter::split(std::vector<std::string_view>& lines, std::size_t most,
                         std::size_t most_bytes) {
    const std::size_t already = lines.size();
    const std::size_t stop = piece_.size() > most_bytes ? piece_.size() - most_bytes : 0;
    while (lines.size() < most && piece_.size() > stop) {
        const void* const feed = std::memchr(piece_.data(), '\n', piece_.size());
        const std::size_t length =
            feed ? static_cast<std::size_t>(static_cast<const char*>(feed) - piece_.data())
                 : piece_.size();
        if (length > rules_.max_line_bytes - tail_.size()) {
            if (lines.size() > already) return;
            throw LineTooLong(line_begin_, rules_.max_line_bytes);
        }
        if (!feed) {
            tail_.append(piece_);
            piece_ = {};
            return;
        }
        std::string_view line = piece_.substr(0, length + 1);
        piece_.remove_prefix(length + 1);
        if (!tail_.empty()) {
            joined_.swap(tail_);
            joined_.append(line);
            tail_.clear();
            line = joined_;
        }
        line_begin_ += line.size();
        if (to_skip_ > 0) {
            --to_skip_;
        } else {
            lines.push_back(rules_.strip ? stripped(line) : line);
        }
    }
    if (finished_ && !tail_.empty() && lines.size() < most) {
        joined_.swap(tail_);
        tail_.clear();
        if (to_skip_ == 0) lines.push_back(rules_.strip ? stripped(joined_) : joined_);
    }
}

}  // namespace s3pipes
