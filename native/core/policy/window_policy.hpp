// How many bytes to have outstanding ahead of a reader.
#pragma once

#include <cstdint>

namespace s3pipes {

// Starts with a few chunks and doubles while doubling pays: a growth after which the reader did not
// get at least a tenth more bytes per second is taken back, and tried again some seconds later.
class WindowPolicy {
  public:
    // limit_bytes counts in whole chunks, and for two where it is less: below that nothing runs
    // ahead. chunk_bytes must be positive.
    WindowPolicy(std::uint64_t chunk_bytes, std::uint64_t first_chunks, std::uint64_t limit_bytes);

    std::uint64_t bytes() const noexcept { return window_; }

    // The reader had to wait although the window was full. delivered_bytes: what it has been given
    // so far, in all; now_ms: a steady clock. Neither ever falls.
    void stalled(std::uint64_t delivered_bytes, std::int64_t now_ms) noexcept;

  private:
    enum class Phase : std::uint8_t {
        fresh,      // nothing measured yet
        settling,   // bytes still come from requests of the window before
        measuring,  // from anchor to now, all from this window
    };

    void anchor(std::uint64_t delivered_bytes, std::int64_t now_ms) noexcept;
    void resize(std::uint64_t window, std::uint64_t delivered_bytes, std::int64_t now_ms) noexcept;

    std::uint64_t limit_;
    std::uint64_t window_;
    std::uint64_t drain_ = 0;     // bytes to let pass while settling
    std::uint64_t previous_ = 0;  // the window before the growth on trial; 0 where none is
    double previous_rate_ = 0;    // bytes per ms at previous_
    Phase phase_ = Phase::fresh;
    std::uint64_t from_bytes_ = 0;
    std::int64_t from_ms_ = 0;
    std::int64_t hold_until_ms_ = 0;  // no growth before
};

}  // namespace s3pipes
