// How a Cursor has decisions performed while it holds the engine's mutex.
#pragma once

#include "core/engine/engine.hpp"
#include "core/engine/read/cursor.hpp"

namespace s3pipes {

template <typename Decide>
void Cursor::decide(Decide take) {
    engine_->perform_held(take(engine_->scheduler()));
}

}  // namespace s3pipes
