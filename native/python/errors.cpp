// Native failures as Python exceptions; which class and which hint is decided in s3pipes/errors.py.
#include <nanobind/nanobind.h>

#include "core/engine/engine.hpp"
#include "core/words/failure.hpp"
#include "python/register.hpp"

namespace nb = nanobind;

namespace s3pipes {
namespace {

nb::object text(const std::string& value) {
    return nb::steal(PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()),
                                          "backslashreplace"));
}

void raise_in_python(const Failure& failure) {
    const Error& error = failure.error;
    nb::object translate = nb::module_::import_("s3pipes.errors").attr("translate");
    nb::object exception =
        translate(name_of(error.kind), text(error.message), text(failure.url), failure.range.begin,
                  failure.range.end, failure.attempts, failure.elapsed_s, error.status,
                  text(error.code), text(error.request_id), text(error.region));
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
}

void translate_exception(const std::exception_ptr& thrown, void*) {
    try {
        std::rethrow_exception(thrown);
    } catch (const Failure& failure) {
        raise_in_python(failure);
    } catch (const Error& error) {
        raise_in_python(Failure(error, "", {}, 0, 0));
    }
}

}  // namespace

void register_errors(nb::module_& module) {
    nb::exception<Orphaned>(module, "Orphaned", PyExc_RuntimeError);
    nb::register_exception_translator(translate_exception);
}

}  // namespace s3pipes
