// One object, read in order.
#include "python/stream.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "python/piece.hpp"
#include "python/poll.hpp"
#include "python/register.hpp"

namespace nb = nanobind;

namespace s3pipes {
namespace {

// `size` bytes at most; straight into the bytes object that Python gets.
nb::bytes read(PyStream& self, std::uint64_t size) {
    ObjectStream& stream = *self.stream;
    {
        nb::gil_scoped_release released;
        const std::uint64_t end = stream.end(poll_python);
        const std::uint64_t position = stream.tell();
        size = std::min(size, end > position ? end - position : 0);
    }
    nb::object bytes = nb::steal(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size)));
    if (!bytes.is_valid()) throw nb::python_error();
    auto* memory = reinterpret_cast<std::byte*>(PyBytes_AS_STRING(bytes.ptr()));
    std::size_t got = 0;
    {
        nb::gil_scoped_release released;
        got = stream.read({memory, size}, poll_python);
    }
    if (got == size) return nb::borrow<nb::bytes>(bytes);
    return nb::bytes(reinterpret_cast<const char*>(memory), got);
}

std::size_t readinto(PyStream& self, nb::handle buffer) {
    Py_buffer view;
    if (PyObject_GetBuffer(buffer.ptr(), &view, PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS) != 0)
        throw nb::python_error();
    struct Release {
        Py_buffer& view;
        ~Release() { PyBuffer_Release(&view); }
    } release{view};
    nb::gil_scoped_release released;
    return self.stream->read(
        {static_cast<std::byte*>(view.buf), static_cast<std::size_t>(view.len)}, poll_python);
}

nb::bytes readline(PyStream& self, std::uint64_t limit) {
    std::string line;
    {
        nb::gil_scoped_release released;
        self.stream->read_line(line, limit, poll_python);
    }
    return nb::bytes(line.data(), line.size());
}

PyPiece next_piece(PyStream& self) {
    nb::gil_scoped_release released;
    return PyPiece{self.stream->next_piece(poll_python)};
}

PyPiece whole(PyStream& self) {
    nb::gil_scoped_release released;
    return PyPiece{self.stream->whole(poll_python)};
}

nb::tuple tuple_of(const ObjectMeta& meta) {
    return nb::make_tuple(meta.size, nb::str(meta.etag.c_str(), meta.etag.size()),
                          meta.last_modified);
}

nb::tuple meta(PyStream& self) {
    ObjectMeta meta;
    {
        nb::gil_scoped_release released;
        meta = self.stream->meta(poll_python);
    }
    return tuple_of(meta);
}

nb::tuple wait_ready(PyStream& self) {
    ObjectMeta meta;
    {
        nb::gil_scoped_release released;
        meta = self.stream->wait_ready(poll_python);
    }
    return tuple_of(meta);
}

}  // namespace

void register_stream(nb::module_& module) {
    nb::class_<PyStream>(module, "ObjectStream")
        .def("wait_ready", &wait_ready)
        .def("ready", [](const PyStream& self) { return self.stream->ready(); })
        .def("meta", &meta)
        .def("tell", [](const PyStream& self) { return self.stream->tell(); })
        .def(
            "seek", [](PyStream& self, std::uint64_t position) { self.stream->seek(position); },
            nb::arg("position"))
        .def("read", &read, nb::arg("size"))
        .def("readinto", &readinto, nb::arg("buffer"))
        .def("readline", &readline, nb::arg("limit"))
        .def("next_piece", &next_piece)
        .def("whole", &whole)
        .def(
            "notify", [](PyStream& self, int descriptor) { self.stream->notify(descriptor); },
            nb::arg("descriptor"))
        .def("close", [](PyStream& self) { self.stream->close(); });
}

}  // namespace s3pipes
