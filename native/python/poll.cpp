#include "python/poll.hpp"

#include <unordered_map>

#include "python/log.hpp"

namespace nb = nanobind;

namespace s3pipes {
namespace {

// A store per bucket and client. Guarded by the GIL.
std::unordered_map<const ObjectStore*, PyCredentialCell*>& cells() {
    static auto* all = new std::unordered_map<const ObjectStore*, PyCredentialCell*>;
    return *all;
}

}  // namespace

PyCredentialCell::PyCredentialCell(nb::object refresh_) : refresh(std::move(refresh_)) {}

PyCredentialCell::~PyCredentialCell() {
    std::erase_if(cells(), [this](const auto& entry) { return entry.second == this; });
}

void PyCredentialCell::serve(const ObjectStore* store) {
    cells()[store] = this;  // another store may have had this address
}

Poll poll_python(const ObjectStore* store) {
    return [store] {
        nb::gil_scoped_acquire gil;
        if (PyErr_CheckSignals() != 0) throw nb::python_error();
        tell_python();
        const auto found = cells().find(store);
        if (found == cells().end()) return;
        PyCredentialCell& mine = *found->second;
        if (mine.generation != process_generation() || !mine.cell->wanted()) return;
        const nb::object cell = nb::find(&mine);
        mine.refresh(cell);
    };
}

}  // namespace s3pipes
