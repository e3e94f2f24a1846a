// Readers: several objects under one window.
#include "core/engine/reader.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "core/engine/engine.hpp"
#include "core/policy/range_merge.hpp"
#include "python/poll.hpp"
#include "python/register.hpp"
#include "python/stream.hpp"

namespace nb = nanobind;

namespace s3pipes {
namespace {

PyStream open(Reader& self, std::shared_ptr<ObjectStore> store, std::string key,
              std::optional<std::uint64_t> size, std::string etag, std::uint64_t tag) {
    OpenRequest request;
    request.store = std::move(store);
    request.key = std::move(key);
    if (size) request.known = ObjectMeta{*size, std::move(etag), 0};
    request.tag = tag;
    return PyStream(self.open(std::move(request)));
}

PyStream open_contiguous(Reader& self, std::shared_ptr<ObjectStore> store, std::string key,
                         std::uint64_t begin, std::optional<std::uint64_t> end,
                         std::optional<std::uint64_t> size, std::string etag, std::uint64_t tag) {
    OpenRequest request;
    request.store = std::move(store);
    request.key = std::move(key);
    if (size) request.known = ObjectMeta{*size, std::move(etag), 0};
    request.begin = begin;
    if (end) request.end = *end;
    request.contiguous = true;
    request.tag = tag;
    return PyStream(self.open(std::move(request)));
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
std::uint64_t read_into(Reader& self, std::shared_ptr<ObjectStore> store, std::string key,
                        std::optional<std::uint64_t> size, std::string etag, nb::handle buffer) {
    BufferView target(buffer, PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS);
    OpenRequest request;
    request.store = std::move(store);
    request.key = std::move(key);
    if (size) request.known = ObjectMeta{*size, std::move(etag), 0};
    static std::byte nowhere;  // the address of an empty buffer may be null
    request.into =
        std::span(target.view.len > 0 ? static_cast<std::byte*>(target.view.buf) : &nowhere,
                  static_cast<std::size_t>(target.view.len));
    nb::gil_scoped_release released;
    struct Settle {
        std::shared_ptr<ObjectStream> stream;
        ~Settle() { stream->close(true); }
    } settle{self.open(std::move(request))};
    self.start();
    return settle.stream->whole(poll_python).size;
}

}  // namespace

void register_reader(nb::module_& module) {
    module.def("merge_ranges", &merge, nb::arg("ranges"), nb::arg("max_bytes"));
    nb::class_<Reader>(module, "Reader")
        .def_static(
            "make",
            [](std::shared_ptr<Engine> engine, std::optional<std::uint64_t> chunk_bytes,
               std::optional<std::uint64_t> window_bytes, std::optional<int> lookahead,
               const RetryRules& retry) {
                return std::make_shared<Reader>(
                    std::move(engine), ReadRules{chunk_bytes, window_bytes, lookahead, retry});
            },
            nb::kw_only(), nb::arg("engine"), nb::arg("chunk_bytes").none(),
            nb::arg("window_bytes").none(), nb::arg("lookahead").none(), nb::arg("retry"))
        .def("open", &open, nb::arg("store"), nb::arg("key"), nb::arg("size").none(),
             nb::arg("etag"), nb::arg("tag") = 0)
        .def("open_contiguous", &open_contiguous, nb::arg("store"), nb::arg("key"),
             nb::arg("begin"), nb::arg("end").none(), nb::arg("size").none(), nb::arg("etag"),
             nb::arg("tag") = 0)
        .def("read_into", &read_into, nb::arg("store"), nb::arg("key"), nb::arg("size").none(),
             nb::arg("etag"), nb::arg("buffer"))
        .def("start", &Reader::start)
        .def("has_room", &Reader::has_room, nb::arg("open_ahead"))
        .def(
            "next_ready", [](Reader& self) { return self.next_ready(poll_python); },
            nb::call_guard<nb::gil_scoped_release>());
}

}  // namespace s3pipes
