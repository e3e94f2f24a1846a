// The way of the engine's words to Python's logging.
#pragma once

#include <type_traits>

namespace s3pipes {

// Hands over what waits to be told, mostly nothing. Under the GIL, where no error is set; throws
// only what must end the program's work, such as Ctrl-C.
void tell_python();

// `work()`, and then what there is to tell.
template <typename Work>
auto and_tell(Work work) {
    if constexpr (std::is_void_v<decltype(work())>) {
        work();
        tell_python();
    } else {
        auto result = work();
        tell_python();
        return result;
    }
}

}  // namespace s3pipes
