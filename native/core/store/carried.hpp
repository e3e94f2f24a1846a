// While an answer is on its way to a sink, that knows by whom it comes.
#pragma once

#include "core/store/object_store.hpp"

namespace s3pipes {

class Carried {
  public:
    // `sink` may be null: then nobody is told.
    Carried(BodySink* sink, Carrier* by) noexcept : sink_(sink) {
        if (sink_ != nullptr) sink_->carried(by);
    }
    ~Carried() {
        if (sink_ != nullptr) sink_->carried(nullptr);
    }
    Carried(const Carried&) = delete;
    Carried& operator=(const Carried&) = delete;

    // Beyond this scope, by the same.
    void goes_on() noexcept { sink_ = nullptr; }

  private:
    BodySink* sink_;
};

}  // namespace s3pipes
