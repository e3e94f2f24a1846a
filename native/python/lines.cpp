// LineSplitter for Python: pieces of objects in, whole lists of lines out.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/records/line_splitter.hpp"
#include "python/register.hpp"

namespace nb = nanobind;

namespace s3pipes {

namespace {

// So many are looked through at once: the bytes are still in the cache when they are copied out.
// It takes some 50 us and keeps the GIL: to give it away costs up to Python's switch interval of
// 5 ms to get it back, which halved the speed beside a busy thread.
constexpr std::size_t kScanLines = 4096;
constexpr std::size_t kScanBytes = 1u << 20;

class Lines {
  public:
    Lines(std::size_t most, bool strip, std::size_t max_line_bytes, std::uint64_t skip_lines,
          std::optional<std::string> encoding, std::string errors, bool with_path)
        : splitter_({strip, max_line_bytes, skip_lines}),
          most_(most),
          encoding_(std::move(encoding)),
          errors_(std::move(errors)),
          with_path_(with_path) {
        if (most_ == 0 || max_line_bytes == 0) throw nb::value_error("must be at least 1");
    }
    Lines(const Lines&) = delete;
    Lines& operator=(const Lines&) = delete;
    ~Lines() {
        release();
        for (PyObject* item : batch_) Py_DECREF(item);
    }

    void start(nb::object path) {
        release();
        found_.clear();
        next_ = 0;
        splitter_.start();
        path_ = std::move(path);
        is_text_ = false;
    }

    void feed(nb::handle piece, bool text) {
        if (held_) throw std::logic_error("feed: the last piece is not used up; call take()");
        if (PyObject_GetBuffer(piece.ptr(), &buffer_, PyBUF_SIMPLE) != 0) throw nb::python_error();
        held_ = true;
        is_text_ = text;
        splitter_.feed(
            {static_cast<const char*>(buffer_.buf), static_cast<std::size_t>(buffer_.len)});
    }

    void finish() { splitter_.finish(); }

    nb::object take() {
        while (batch_.size() < most_) {
            if (next_ == found_.size() && !scan()) {
                release();
                return nb::none();
            }
            for (; next_ < found_.size() && batch_.size() < most_; ++next_)
                batch_.push_back(record(found_[next_]));
        }
        return rest();
    }

    nb::object rest() {
        nb::object list = nb::steal(PyList_New(static_cast<Py_ssize_t>(batch_.size())));
        if (!list.is_valid()) throw nb::python_error();
        Py_ssize_t at = 0;
        for (PyObject* item : batch_) PyList_SetItem(list.ptr(), at++, item);
        batch_.clear();
        return list;
    }

  private:
    bool scan() {
        found_.clear();
        next_ = 0;
        do {
            splitter_.split(found_, kScanLines, kScanBytes);
        } while (found_.empty() && splitter_.waiting_bytes() > 0);
        return !found_.empty();
    }

    PyObject* record(std::string_view line) const {
        const auto size = static_cast<Py_ssize_t>(line.size());
        PyObject* made;
        if (is_text_)
            made = PyUnicode_DecodeUTF8(line.data(), size, "surrogatepass");
        else if (encoding_)
            made = PyUnicode_Decode(line.data(), size, encoding_->c_str(), errors_.c_str());
        else
            made = PyBytes_FromStringAndSize(line.data(), size);
        if (!made) throw nb::python_error();
        if (!with_path_) return made;
        PyObject* const pair = PyTuple_Pack(2, path_.ptr(), made);
        Py_DECREF(made);
        if (!pair) throw nb::python_error();
        return pair;
    }

    void release() noexcept {
        if (held_) PyBuffer_Release(&buffer_);
        held_ = false;
    }

    LineSplitter splitter_;
    const std::size_t most_;
    const std::optional<std::string> encoding_;
    const std::string errors_;
    const bool with_path_;
    nb::object path_;
    Py_buffer buffer_{};
    bool held_ = false;
    bool is_text_ = false;
    std::vector<std::string_view> found_;  // lines not yet made into Python objects...
    std::size_t next_ = 0;                 // ...from this one on
    std::vector<PyObject*> batch_;         // owned
};

}  // namespace

void register_lines(nb::module_& module) {
    nb::exception<LineTooLong>(module, "LineTooLong", PyExc_ValueError);
    nb::class_<Lines>(module, "LineSplitter", nb::is_final())
        .def(nb::init<std::size_t, bool, std::size_t, std::uint64_t, std::optional<std::string>,
                      std::string, bool>(),
             nb::kw_only(), nb::arg("batch_size"), nb::arg("strip"), nb::arg("max_line_bytes"),
             nb::arg("skip_lines"), nb::arg("encoding").none(), nb::arg("errors"),
             nb::arg("with_path"))
        .def("start", &Lines::start, nb::arg("path"))
        .def("feed", &Lines::feed, nb::arg("piece"), nb::arg("text") = false)
        .def("finish", &Lines::finish)
        .def("take", &Lines::take)
        .def("rest", &Lines::rest);
}

}  // namespace s3pipes
