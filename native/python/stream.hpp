// An open stream in Python's hands; dropping it closes it.
#pragma once

#include <memory>

#include "core/engine/object_stream.hpp"

namespace s3pipes {

struct PyStream {
    std::shared_ptr<ObjectStream> stream;

    explicit PyStream(std::shared_ptr<ObjectStream> stream_) : stream(std::move(stream_)) {}
    PyStream(PyStream&&) noexcept = default;
    ~PyStream() {
        if (stream) stream->close();
    }
};

}  // namespace s3pipes
