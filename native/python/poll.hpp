// What a thread of Python does now and then while it waits for the engine.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "core/engine/wait.hpp"
#include "core/store/credential_cell.hpp"
#include "core/store/object_store.hpp"
#include "core/words/generation.hpp"

namespace s3pipes {

// Takes the GIL, looks for signals (Ctrl-C ends the wait by throwing nanobind::python_error), and
// brings the credentials that this store asked for; other stores' are other waits' concern. A
// null store asks for none.
Poll poll_python(const ObjectStore* store);

// A cell with the Python function that fills it.
class PyCredentialCell {
  public:
    explicit PyCredentialCell(nanobind::object refresh);
    ~PyCredentialCell();
    PyCredentialCell(const PyCredentialCell&) = delete;
    PyCredentialCell& operator=(const PyCredentialCell&) = delete;

    // Who waits for `store` fills this cell. Under the GIL.
    void serve(const ObjectStore* store);

    // In a fork's child the parent's cells are left alone: their locks may be held.
    const std::uint64_t generation = process_generation();
    const std::shared_ptr<CredentialCell> cell = std::make_shared<CredentialCell>();
    nanobind::object refresh;
};

}  // namespace s3pipes
