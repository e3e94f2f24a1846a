// Native failures as Python exceptions; which class and which hint is decided in s3pipes/errors.py.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "core/engine/engine.hpp"
#include "core/words/failure.hpp"
#include "python/log.hpp"
#include "python/register.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace s3pipes {
namespace {

// For messages, which are read by people.
nb::object printable(const std::string& value) {
    return nb::steal(PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()),
                                          "backslashreplace"));
}

void raise_in_python(const Failure& failure) {
    tell_python();  // first what led to it
    const Error& error = failure.error;
    const nb::module_ errors = nb::module_::import_("s3pipes.errors");
    const nb::object known = errors.attr("Failure")(
        "kind"_a = name_of(error.kind), "message"_a = printable(error.message),
        "url"_a = printable(failure.url), "begin"_a = failure.range.begin,
        "end"_a = failure.range.end, "attempts"_a = failure.attempts,
        "elapsed_s"_a = failure.elapsed_s, "status"_a = error.status,
        "code"_a = printable(error.code), "request_id"_a = printable(error.request_id),
        "region"_a = printable(error.region),
        "endpoint_url"_a = error.whence ? error.whence->endpoint_url : "",
        "whence"_a = error.whence ? error.whence->sentence : "");
    const nb::object exception = errors.attr("translate")(known);
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
