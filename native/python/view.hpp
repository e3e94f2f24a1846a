// Bytes that Python may hold on to: exporter of the buffer protocol, without a copy.
#pragma once

#include <nanobind/nanobind.h>

#include "core/memory/view.hpp"

namespace s3pipes {

struct PyView {
    View view;
    bool last = true;  // nothing of the object comes after it
};

}  // namespace s3pipes
