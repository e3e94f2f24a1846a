// A request that is refused.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "sim/s3/answer.hpp"
#include "sim/s3/codes.hpp"

namespace s3pipes::sim {

// Thrown wherever a request turns out to be wrong, made an answer in one place.
class Fault : public std::exception {
  public:
    explicit Fault(const Code& code) : code_(code), message_(code.message) {}
    Fault(const Code& code, std::string message) : code_(code), message_(std::move(message)) {}

    // One more element of the answer's XML, one more header of it.
    Fault& with(std::string_view name, std::string_view value);
    Fault& header(std::string_view name, std::string_view value);

    const Code& code() const noexcept { return code_; }
    const char* what() const noexcept override { return message_.c_str(); }

    // Where the fault lies among several (DeleteObjects), or as a whole answer.
    Answer answer(std::string_view resource, std::string_view request_id,
                  std::string_view host_id) const;

  private:
    Code code_;
    std::string message_;
    Headers fields_;
    Headers headers_;
};

}  // namespace s3pipes::sim
