#include "python/view.hpp"

#include "python/register.hpp"

namespace nb = nanobind;

namespace s3pipes {
namespace {

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
    const View& piece = nb::inst_ptr<PyView>(self)->view;
    // Some consumers refuse a null pointer even where there is nothing to point to.
    static char nothing = 0;
    void* data = piece.data() != nullptr ? static_cast<void*>(piece.data()) : &nothing;
    return PyBuffer_FillInfo(view, self, data, static_cast<Py_ssize_t>(piece.size()), 0, flags);
}

PyType_Slot slots[] = {{Py_bf_getbuffer, reinterpret_cast<void*>(get_buffer)}, {0, nullptr}};

}  // namespace

void register_view(nb::module_& module) {
    nb::class_<PyView>(module, "View", nb::type_slots(slots))
        .def_ro("last", &PyView::last)
        .def("__len__", [](const PyView& self) { return self.view.size(); });
}

}  // namespace s3pipes
