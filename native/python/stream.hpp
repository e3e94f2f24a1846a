// An open stream in Python's hands; dropping it closes it.
#pragma once

#include <memory>

#include "core/engine/read/cursor.hpp"
#include "python/poll.hpp"

namespace s3pipes {

struct PyStream {
    std::shared_ptr<Cursor> cursor;
    Poll poll;

    PyStream(std::shared_ptr<Cursor> cursor_, const ObjectStore* store)
        : cursor(std::move(cursor_)), poll(poll_python(store)) {}
    PyStream(PyStream&&) noexcept = default;
    ~PyStream() {
        if (cursor) cursor->close();
    }
};

}  // namespace s3pipes
