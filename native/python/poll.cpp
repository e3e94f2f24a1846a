#include "python/poll.hpp"

#include <algorithm>
#include <vector>

namespace nb = nanobind;

namespace s3pipes {
namespace {

// One per client, seldom more than a few. Guarded by the GIL.
std::vector<PyCredentialCell*>& cells() {
    static auto* all = new std::vector<PyCredentialCell*>;
    return *all;
}

}  // namespace

PyCredentialCell::PyCredentialCell(nb::object refresh_) : refresh(std::move(refresh_)) {
    cells().push_back(this);
}

PyCredentialCell::~PyCredentialCell() {
    std::erase(cells(), this);
}

const Poll poll_python = [] {
    nb::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    for (std::size_t i = 0; i < cells().size(); ++i) {
        if (cells()[i]->generation != process_generation() || !cells()[i]->cell->wanted()) continue;
        const nb::object cell = nb::find(cells()[i]);
        cells()[i]->refresh(cell);
    }
};

}  // namespace s3pipes
