#include "python/log.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "core/words/events.hpp"
#include "core/words/stats_page.hpp"
#include "python/register.hpp"

namespace nb = nanobind;

namespace s3pipes {
namespace {

nb::list take_events() {
    nb::list taken;
    for (const Event& event : Events::here().take())
        taken.append(nb::make_tuple(
            static_cast<int>(event.level), event.at_s,
            nb::steal(PyUnicode_DecodeUTF8(event.text.data(),
                                           static_cast<Py_ssize_t>(event.text.size()),
                                           "backslashreplace"))));
    return taken;
}

}  // namespace

void tell_python() {
    // Who writes a log may read by us.
    static thread_local bool telling = false;
    if (!Events::here().waiting() || telling) [[likely]]
        return;
    struct Telling {
        Telling() { telling = true; }
        ~Telling() { telling = false; }
    } now;
    try {
        nb::module_::import_("s3pipes.engine.log").attr("deliver")();
    } catch (nb::python_error& error) {
        if (!error.matches(PyExc_Exception)) throw;
        error.discard_as_unraisable("s3pipes.engine.log.deliver");
    }
}

void register_log(nb::module_& module) {
    module.def("take_events", &take_events);
    module.def("want_events", [](int least) { Events::here().want(least); }, nb::arg("least"));
    module.def("stats_page_bytes", &StatsPage::bytes);
    module.def("share_stats", &StatsPage::share, nb::arg("descriptor"));
}

}  // namespace s3pipes
