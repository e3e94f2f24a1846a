// Bytes that Python may hold on to: exporter of the buffer protocol, without a copy.
#pragma once

#include <nanobind/nanobind.h>

#include "core/engine/object_stream.hpp"

namespace s3pipes {

struct PyPiece {
    Piece piece;
};

}  // namespace s3pipes
