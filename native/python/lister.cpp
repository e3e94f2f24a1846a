// Listing and HEAD.
#include "core/engine/list/lister.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "python/log.hpp"
#include "python/poll.hpp"
#include "python/register.hpp"
#include "python/text.hpp"

namespace nb = nanobind;

namespace s3pipes {
namespace {

struct PyLister {
    Lister lister;
    Poll poll;
};

nb::object next_page(PyLister& self) {
    std::optional<std::vector<ListedObject>> page;
    {
        nb::gil_scoped_release released;
        page = self.lister.next(self.poll);
    }
    tell_python();
    if (!page) return nb::none();
    nb::list objects;
    for (const ListedObject& object : *page)
        objects.append(nb::make_tuple(text(object.key), object.meta.size, text(object.meta.etag),
                                      object.meta.last_modified));
    return objects;
}

nb::tuple head(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store, nb::str key,
               const RetryRules& retry) {
    ObjectMeta meta;
    const std::string raw = bytes_of(key);
    {
        nb::gil_scoped_release released;
        const Poll poll = poll_python(store.get());
        meta = head_object(std::move(engine), std::move(store), raw, retry, poll);
    }
    tell_python();
    return nb::make_tuple(meta.size, text(meta.etag), meta.last_modified);
}

}  // namespace

void register_lister(nb::module_& module) {
    nb::class_<ListPlace>(module, "ListPlace");
    nb::class_<PyLister>(module, "Lister")
        .def(
            "__init__",
            [](PyLister* self, std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store,
               nb::str prefix, int page_size, const RetryRules& retry, const ListPlace* place) {
                Poll poll = poll_python(store.get());
                new (self)
                    PyLister{Lister(std::move(engine), std::move(store), bytes_of(prefix),
                                    page_size, retry, place != nullptr ? *place : ListPlace{}),
                             std::move(poll)};
            },
            nb::kw_only(), nb::arg("engine"), nb::arg("store"), nb::arg("prefix"),
            nb::arg("page_size"), nb::arg("retry"), nb::arg("place").none() = nb::none())
        .def_prop_ro("place", [](const PyLister& self) { return self.lister.place(); })
        .def("next_page", &next_page);
    module.def("head", &head, nb::kw_only(), nb::arg("engine"), nb::arg("store"), nb::arg("key"),
               nb::arg("retry"));
}

}  // namespace s3pipes
