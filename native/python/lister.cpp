// Listing and HEAD.
#include "core/engine/lister.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "python/poll.hpp"
#include "python/register.hpp"

namespace nb = nanobind;

namespace s3pipes {
namespace {

nb::object text(const std::string& value) {
    nb::object decoded = nb::steal(PyUnicode_DecodeUTF8(
        value.data(), static_cast<Py_ssize_t>(value.size()), "surrogateescape"));
    if (!decoded.is_valid()) throw nb::python_error();
    return decoded;
}

nb::object next_page(Lister& self) {
    std::optional<ListPage> page;
    {
        nb::gil_scoped_release released;
        page = self.next(poll_python);
    }
    if (!page) return nb::none();
    nb::list objects;
    for (const ListedObject& object : page->objects)
        objects.append(nb::make_tuple(text(object.key), object.meta.size, text(object.meta.etag),
                                      object.meta.last_modified));
    return objects;
}

nb::tuple head(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store,
               const std::string& key, const RetryRules& retry) {
    ObjectMeta meta;
    {
        nb::gil_scoped_release released;
        meta = head_object(std::move(engine), std::move(store), key, retry, poll_python);
    }
    return nb::make_tuple(meta.size, text(meta.etag), meta.last_modified);
}

}  // namespace

void register_lister(nb::module_& module) {
    nb::class_<Lister>(module, "Lister")
        .def(
            "__init__",
            [](Lister* self, std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store,
               std::string prefix, int page_size, const RetryRules& retry, std::string token) {
                new (self) Lister(std::move(engine), std::move(store), std::move(prefix), page_size,
                                  retry, std::move(token));
            },
            nb::kw_only(), nb::arg("engine"), nb::arg("store"), nb::arg("prefix"),
            nb::arg("page_size"), nb::arg("retry"), nb::arg("token") = "")
        .def_prop_ro("token", &Lister::token)
        .def("next_page", &next_page);
    module.def("head", &head, nb::kw_only(), nb::arg("engine"), nb::arg("store"), nb::arg("key"),
               nb::arg("retry"));
}

}  // namespace s3pipes
