// Text that comes from a store, and need not be UTF-8: as os.fsdecode gives it, and back.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

namespace s3pipes {

inline nanobind::object text(const std::string& bytes) {
    nanobind::object decoded = nanobind::steal(PyUnicode_DecodeUTF8(
        bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "surrogateescape"));
    if (!decoded.is_valid()) throw nanobind::python_error();
    return decoded;
}

inline std::string bytes_of(nanobind::str text) {
    Py_ssize_t size = 0;
    if (const char* utf8 = PyUnicode_AsUTF8AndSize(text.ptr(), &size))
        return std::string(utf8, static_cast<std::size_t>(size));
    PyErr_Clear();
    const nanobind::object encoded =
        nanobind::steal(PyUnicode_AsEncodedString(text.ptr(), "utf-8", "surrogateescape"));
    if (!encoded.is_valid()) throw nanobind::python_error();
    return std::string(PyBytes_AsString(encoded.ptr()),
                       static_cast<std::size_t>(PyBytes_Size(encoded.ptr())));
}

}  // namespace s3pipes
