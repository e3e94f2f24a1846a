// One object, read in order. The GIL is kept where nothing has to be waited for: to give it away
// beside a busy thread costs up to Python's switch interval of 5 ms to get it back.
#include "python/stream.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "python/log.hpp"
#include "python/register.hpp"
#include "python/text.hpp"
#include "python/view.hpp"

namespace nb = nanobind;

namespace s3pipes {
namespace {

// More than this takes long enough to copy that others should run meanwhile.
constexpr std::uint64_t copied_with_gil_bytes = 1 << 20;

const Poll no_wait;

// Calls `work` without the GIL, unless it will hardly wait and end soon. What is at hand may be
// given up for another reader at any moment: then it would wait, and is begun again.
template <typename Work>
auto unless(bool at_hand, const Poll& poll, Work work) {
    return and_tell([&] {
        if (at_hand) {
            try {
                return work(no_wait);
            } catch (const WouldWait&) {
            }
        }
        nb::gil_scoped_release released;
        return work(poll);
    });
}

bool quick(const PyStream& self, std::uint64_t size) {
    const auto bytes = self.cursor->at_hand(size);
    return bytes && *bytes <= copied_with_gil_bytes;
}

// `size` bytes at most; straight into the bytes object that Python gets.
nb::bytes read(PyStream& self, std::uint64_t size) {
    Cursor& cursor = *self.cursor;
    const bool at_hand = quick(self, size);
    size = unless(at_hand, self.poll, [&](const Poll& poll) {
        const std::uint64_t end = cursor.end(poll);
        const std::uint64_t position = cursor.tell();
        return std::min(size, end > position ? end - position : 0);
    });
    nb::object bytes = nb::steal(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size)));
    if (!bytes.is_valid()) throw nb::python_error();
    auto* memory = reinterpret_cast<std::byte*>(PyBytes_AS_STRING(bytes.ptr()));
    const std::size_t got = unless(at_hand, self.poll, [&](const Poll& poll) {
        return cursor.read({memory, static_cast<std::size_t>(size)}, poll);
    });
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
    const auto size = static_cast<std::size_t>(view.len);
    return unless(quick(self, size), self.poll, [&](const Poll& poll) {
        return self.cursor->read({static_cast<std::byte*>(view.buf), size}, poll);
    });
}

nb::bytes readline(PyStream& self, std::uint64_t limit) {
    std::string line;
    unless(self.cursor->line_at_hand(std::min(limit, copied_with_gil_bytes)), self.poll,
           [&](const Poll& poll) { self.cursor->read_line(line, limit, poll); });
    return nb::bytes(line.data(), line.size());
}

PyView next_view(PyStream& self) {
    Cursor& cursor = *self.cursor;
    return unless(cursor.view_at_hand(), self.poll, [&](const Poll& poll) {
        bool last = true;
        View view = cursor.next_view(poll, &last);
        return PyView{std::move(view), last};
    });
}

PyView whole(PyStream& self) {
    return and_tell([&] {
        nb::gil_scoped_release released;
        return PyView{self.cursor->whole(self.poll)};
    });
}

std::optional<PyView> whole_at_hand(PyStream& self) {
    std::optional<View> view = self.cursor->whole_at_hand();
    if (!view) return std::nullopt;
    return PyView{std::move(*view)};
}

nb::tuple tuple_of(const ObjectMeta& meta) {
    return nb::make_tuple(meta.size, text(meta.etag), meta.last_modified);
}

nb::tuple meta(PyStream& self) {
    return tuple_of(unless(self.cursor->ready(), self.poll,
                           [&](const Poll& poll) { return self.cursor->meta(poll); }));
}

nb::tuple wait_ready(PyStream& self) {
    return tuple_of(unless(self.cursor->ready(), self.poll,
                           [&](const Poll& poll) { return self.cursor->wait_ready(poll); }));
}

}  // namespace

void register_stream(nb::module_& module) {
    nb::class_<PyStream>(module, "ObjectStream")
        .def("wait_ready", &wait_ready)
        .def("ready", [](const PyStream& self) { return self.cursor->ready(); })
        .def("meta", &meta)
        .def("tell", [](const PyStream& self) { return self.cursor->tell(); })
        .def(
            "seek", [](PyStream& self, std::uint64_t position) { self.cursor->seek(position); },
            nb::arg("position"))
        .def("read", &read, nb::arg("size"))
        .def("readinto", &readinto, nb::arg("buffer"))
        .def("readline", &readline, nb::arg("limit"))
        .def("next_view", &next_view)
        .def("whole", &whole)
        .def("whole_at_hand", &whole_at_hand)
        .def(
            "notify", [](PyStream& self, int descriptor) { self.cursor->notify(descriptor); },
            nb::arg("descriptor"))
        .def("close", [](PyStream& self) { self.cursor->close(); });
}

}  // namespace s3pipes
