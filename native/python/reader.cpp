// Readers: several objects under one window.
#include "core/engine/read/reader.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "core/engine/engine.hpp"
#include "core/policy/range_merge.hpp"
#include "python/log.hpp"
#include "python/poll.hpp"
#include "python/register.hpp"
#include "python/stream.hpp"
#include "python/text.hpp"

namespace nb = nanobind;

namespace s3pipes {
namespace {

// A reader, and whom to ask for credentials while any of its objects is waited for.
struct PyReader {
    Reader reader;
    Poll poll = poll_python(nullptr);
};

OpenRequest request_for(std::shared_ptr<ObjectStore> store, nb::str key,
                        std::optional<std::uint64_t> size, nb::str etag) {
    OpenRequest request;
    request.store = std::move(store);
    request.key = bytes_of(std::move(key));
    if (!size) return request;
    if (*size > largest_object_bytes)
        throw Error(ErrorKind::config, "no object has " + std::to_string(*size) + " bytes");
    request.known = ObjectMeta{*size, bytes_of(std::move(etag)), 0};
    return request;
}

PyStream open(PyReader& self, OpenRequest request) {
    const ObjectStore* store = request.store.get();
    self.poll = poll_python(store);
    return PyStream(self.reader.open(std::move(request)), store);
}

PyStream open_chunked(PyReader& self, std::shared_ptr<ObjectStore> store, nb::str key,
                      std::optional<std::uint64_t> size, nb::str etag, std::uint64_t tag,
                      bool glance) {
    OpenRequest request = request_for(std::move(store), std::move(key), size, std::move(etag));
    request.tag = tag;
    request.glance = glance;
    return open(self, std::move(request));
}

PyStream open_in_one_piece(PyReader& self, std::shared_ptr<ObjectStore> store, nb::str key,
                           std::uint64_t begin, std::optional<std::uint64_t> end,
                           std::optional<std::uint64_t> size, nb::str etag, std::uint64_t tag) {
    OpenRequest request = request_for(std::move(store), std::move(key), size, std::move(etag));
    request.begin = begin;
    if (end) request.end = *end;
    request.destination = Destination::one_piece();
    request.tag = tag;
    return open(self, std::move(request));
}

// Ranges further apart than this are cheaper as two requests: about what a connection to S3
// delivers in the time of a first byte.
constexpr std::uint64_t max_gap_bytes = 1 << 20;

nb::list merge(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges,
               std::uint64_t max_bytes) {
    std::vector<ByteRange> inputs;
    for (const auto& [begin, end] : ranges) inputs.push_back({begin, end});
    nb::list merged;
    for (const MergedRange& one : merge_ranges(inputs, max_gap_bytes, max_bytes))
        merged.append(nb::make_tuple(one.range.begin, one.range.end, one.members));
    return merged;
}

struct BufferView {
    Py_buffer view{};
    explicit BufferView(nb::handle object, int flags) {
        if (PyObject_GetBuffer(object.ptr(), &view, flags) != 0) throw nb::python_error();
    }
    ~BufferView() { PyBuffer_Release(&view); }
};

// Returns the object's size. The caller's memory is never touched after the return, also where
// this throws.
std::uint64_t read_into(PyReader& self, std::shared_ptr<ObjectStore> store, nb::str key,
                        std::optional<std::uint64_t> size, nb::str etag, nb::handle buffer) {
    BufferView target(buffer, PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS);
    const Poll poll = poll_python(store.get());
    OpenRequest request = request_for(std::move(store), std::move(key), size, std::move(etag));
    static std::byte nowhere;  // the address of an empty buffer may be null
    request.destination = Destination::into(Buffer::around(
        std::span(target.view.len > 0 ? static_cast<std::byte*>(target.view.buf) : &nowhere,
                  static_cast<std::size_t>(target.view.len))));
    return and_tell([&] {
        nb::gil_scoped_release released;
        struct Settle {
            std::shared_ptr<Cursor> cursor;
            ~Settle() { cursor->close(true); }
        } settle{self.reader.open(std::move(request))};
        self.reader.start();
        return settle.cursor->whole(poll).size();
    });
}

std::uint64_t next_ready(PyReader& self) {
    const Poll poll = self.poll;  // open() may set another one meanwhile
    return and_tell([&] {
        nb::gil_scoped_release released;
        return self.reader.next_ready(poll);
    });
}

}  // namespace

void register_reader(nb::module_& module) {
    module.def("merge_ranges", &merge, nb::arg("ranges"), nb::arg("max_bytes"));
    nb::class_<PyReader>(module, "Reader")
        .def(
            "__init__",
            [](PyReader* self, std::shared_ptr<Engine> engine,
               std::optional<std::uint64_t> chunk_bytes, std::optional<std::uint64_t> window_bytes,
               std::optional<int> lookahead, const RetryRules& retry, bool in_order) {
                new (self)
                    PyReader{Reader(std::move(engine), ReadRules{chunk_bytes, window_bytes,
                                                                 lookahead, retry, in_order})};
            },
            nb::kw_only(), nb::arg("engine"), nb::arg("chunk_bytes").none(),
            nb::arg("window_bytes").none(), nb::arg("lookahead").none(), nb::arg("retry"),
            nb::arg("in_order") = true)
        .def("open", &open_chunked, nb::arg("store"), nb::arg("key"), nb::arg("size").none(),
             nb::arg("etag"), nb::arg("tag") = 0, nb::arg("glance") = false)
        .def("open_in_one_piece", &open_in_one_piece, nb::arg("store"), nb::arg("key"),
             nb::arg("begin"), nb::arg("end").none(), nb::arg("size").none(), nb::arg("etag"),
             nb::arg("tag") = 0)
        .def("read_into", &read_into, nb::arg("store"), nb::arg("key"), nb::arg("size").none(),
             nb::arg("etag"), nb::arg("buffer"))
        .def("start", [](PyReader& self) { self.reader.start(); })
        .def(
            "room",
            [](const PyReader& self, std::size_t open_ahead) {
                return self.reader.room(open_ahead);
            },
            nb::arg("open_ahead"))
        .def("next_ready", &next_ready);
}

}  // namespace s3pipes
