// The module s3pipes.engine._native: registration only.
#include "python/register.hpp"

NB_MODULE(_native, module) {
    // What a user's traceback or global still holds when the interpreter ends is no leak of ours.
    nanobind::set_leak_warnings(false);
    module.doc() = "The native engine of s3pipes; see _native.pyi.";
    s3pipes::register_errors(module);
    s3pipes::register_view(module);
    s3pipes::register_engine(module);
    s3pipes::register_log(module);
    s3pipes::register_store(module);
    s3pipes::register_reader(module);
    s3pipes::register_stream(module);
    s3pipes::register_lister(module);
    s3pipes::register_lines(module);
    s3pipes::register_tar(module);
}
