// What each binding file adds to the module.
#pragma once

#include <nanobind/nanobind.h>

namespace s3pipes {

void register_errors(nanobind::module_& module);
void register_view(nanobind::module_& module);
void register_engine(nanobind::module_& module);
void register_log(nanobind::module_& module);
void register_store(nanobind::module_& module);
void register_reader(nanobind::module_& module);
void register_stream(nanobind::module_& module);
void register_lister(nanobind::module_& module);
void register_lines(nanobind::module_& module);
void register_tar(nanobind::module_& module);

}  // namespace s3pipes
