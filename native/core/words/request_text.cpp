#include "core/words/request_text.hpp"

#include <algorithm>

#include "core/words/error.hpp"

namespace s3pipes {
namespace {

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

bool holds_control(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), is_control);
}

}  // namespace

void append_field(std::string& head, std::string_view name, std::string_view value) {
    if (holds_control(value)) [[unlikely]]
        throw Error(ErrorKind::config, "the request cannot be sent: the value of its field " +
                                           std::string(name) + " has a control character in it");
    head.append(name).append(": ").append(value).append("\r\n");
}

void append_target(std::string& head, std::string_view target) {
    if (holds_control(target) || target.find(' ') != target.npos) [[unlikely]]
        throw Error(ErrorKind::config,
                    "the request cannot be sent: its target has a space or a control character "
                    "in it");
    head.append(target);
}

}  // namespace s3pipes
