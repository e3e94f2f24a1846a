// Requests from bytes, without any socket.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "sim/s3/request.hpp"

namespace s3pipes::sim {

class RequestReader {
  public:
    RequestReader();
    ~RequestReader();

    void start();  // forgets the last request

    // Takes bytes and returns how many it used; those that it did not use must be given again, with
    // more behind them. Once done() it takes none.
    std::size_t feed(std::span<const std::byte> wire);
    bool begun() const noexcept { return begun_; }
    bool head_done() const noexcept;
    bool done() const noexcept;
    bool bad() const noexcept { return bad_; }  // no HTTP, or too long a head

    // After the head.
    bool expects_continue() const noexcept;
    bool keep_alive() const noexcept;
    Request& request() noexcept;  // complete when done()

  private:
    class Machine;
    struct Slot;

    std::unique_ptr<Slot> slot_;  // hides Beast from those who include this
    bool begun_ = false;
    bool bad_ = false;
};

}  // namespace s3pipes::sim
