// The text of a request's head. Whatever goes in passes here, so that no value from a listing, a
// user or an environment can add a line of its own.
#pragma once

#include <string>
#include <string_view>

namespace s3pipes {

// Appends "name: value\r\n". Throws Error{config} that names the field, not its value, where a
// control character is in it.
void append_field(std::string& head, std::string_view name, std::string_view value);

// Appends a request's target, or a part of one. Throws Error{config} where a space or a control
// character is in it.
void append_target(std::string& head, std::string_view target);

}  // namespace s3pipes
