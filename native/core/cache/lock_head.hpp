// What stands in the lock file of a cache.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/cache/file.hpp"
#include "core/cache/format.hpp"

namespace s3pipes::cache {

// Who writes it holds byte 0.
struct LockHead {
    Stamp stamp;
    std::array<char, 40> boot{};  // which start of the machine wrote it
    std::uint64_t next_segment = 1;
    std::uint64_t recovered = 0;  // 1: hints lead to all that is there
    std::uint64_t check = 0;

    // nullopt where the file is too short for one.
    static std::optional<LockHead> read(const File& file) noexcept;
    // Throws std::system_error.
    void write(const File& file);

    bool is_sound() const noexcept;
    void set_boot(const std::string& text);
};

}  // namespace s3pipes::cache
