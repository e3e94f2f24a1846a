// An error as a reader sees it: what, where, and how often it was tried.
#pragma once

#include <string>

#include "core/words/error.hpp"
#include "core/words/object.hpp"

namespace s3pipes {

struct Failure : std::exception {
    Error error;
    std::string url;
    ByteRange range;       // empty where the request was not about bytes
    int attempts = 0;      // requests sent
    double elapsed_s = 0;  // from the first attempt to giving up

    Failure(Error error_, std::string url_, ByteRange range_, int attempts_, double elapsed_s_)
        : error(std::move(error_)),
          url(std::move(url_)),
          range(range_),
          attempts(attempts_),
          elapsed_s(elapsed_s_) {}
    const char* what() const noexcept override { return error.what(); }
};

}  // namespace s3pipes
