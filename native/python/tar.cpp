// TarReader for Python: pieces of an archive in, (name, payload) out.
#include <nanobind/nanobind.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/memory/copy.hpp"
#include "core/records/tar_reader.hpp"
#include "python/register.hpp"
#include "python/text.hpp"

namespace nb = nanobind;

namespace s3pipes {

namespace {

class Members {
  public:
    Members() = default;
    Members(const Members&) = delete;
    Members& operator=(const Members&) = delete;
    ~Members() { release(); }

    void feed(nb::handle piece) {
        if (held_) throw std::logic_error("feed: the last piece is not used up; call take()");
        if (PyObject_GetBuffer(piece.ptr(), &buffer_, PyBUF_SIMPLE) != 0) throw nb::python_error();
        held_ = true;
        reader_.feed(
            {static_cast<const char*>(buffer_.buf), static_cast<std::size_t>(buffer_.len)});
    }

    void finish() { reader_.finish(); }

    nb::object take() {
        for (;;) {
            switch (reader_.step()) {
                case TarReader::Step::hungry:
                case TarReader::Step::end: release(); return nb::none();
                case TarReader::Step::member:
                    begin_member();
                    if (reader_.size() == 0) return member();
                    break;
                case TarReader::Step::payload:
                    copy(reader_.payload());
                    if (filled_ == reader_.size()) return member();
                    break;
            }
        }
    }

  private:
    void begin_member() {
        filled_ = 0;
        payload_ =
            nb::steal(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(reader_.size())));
        if (payload_.is_valid()) return;
        PyErr_Clear();
        throw BadArchive("member '" + shown(reader_.name()) + "' claims " +
                         std::to_string(reader_.size()) +
                         " bytes, more than memory can be had for");
    }

    void copy(std::string_view bytes) {
        copy_bytes(reinterpret_cast<std::byte*>(PyBytes_AsString(payload_.ptr())) + filled_,
                   reinterpret_cast<const std::byte*>(bytes.data()), bytes.size());
        filled_ += bytes.size();
    }

    nb::object member() {
        const std::string& name = reader_.name();
        // As tarfile: names need not be UTF-8, and must survive the way back.
        nb::object pair = nb::steal(PyTuple_Pack(2, text(name).ptr(), payload_.ptr()));
        if (!pair.is_valid()) throw nb::python_error();
        payload_.reset();
        return pair;
    }

    void release() noexcept {
        if (held_) PyBuffer_Release(&buffer_);
        held_ = false;
    }

    TarReader reader_;
    Py_buffer buffer_{};
    bool held_ = false;
    nb::object payload_;
    std::uint64_t filled_ = 0;
};

}  // namespace

void register_tar(nb::module_& module) {
    const nb::exception<BadArchive> kind(module, "BadArchive", PyExc_ValueError);
    // A member's name, which the text may quote, need not be UTF-8.
    nb::register_exception_translator(
        [](const std::exception_ptr& raised, void* type) {
            try {
                std::rethrow_exception(raised);
            } catch (const BadArchive& error) {
                const std::string_view what = error.what();
                const nb::object shown_text = nb::steal(PyUnicode_DecodeUTF8(
                    what.data(), static_cast<Py_ssize_t>(what.size()), "backslashreplace"));
                if (shown_text.is_valid())
                    PyErr_SetObject(static_cast<PyObject*>(type), shown_text.ptr());
            }
        },
        kind.ptr());
    nb::class_<Members>(module, "TarReader", nb::is_final())
        .def(nb::init<>())
        .def("feed", &Members::feed, nb::arg("piece"))
        .def("finish", &Members::finish)
        .def("take", &Members::take);
}

}  // namespace s3pipes
