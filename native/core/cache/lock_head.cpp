#include "core/cache/lock_head.hpp"

#include <cstddef>
#include <span>
#include <system_error>

#include "core/cache/record.hpp"

namespace s3pipes::cache {
namespace {

std::uint64_t check_of_head(const LockHead& head) noexcept {
    return check_of(std::as_bytes(std::span(&head, 1)).first(offsetof(LockHead, check)));
}

}  // namespace

std::optional<LockHead> LockHead::read(const File& file) noexcept {
    LockHead head;
    try {
        file.read_at(0, std::as_writable_bytes(std::span(&head, 1)));
    } catch (const std::system_error&) {
        return std::nullopt;
    }
    return head;
}

void LockHead::write(const File& file) {
    check = check_of_head(*this);
    file.write_at(0, std::as_bytes(std::span(this, 1)));
}

bool LockHead::is_sound() const noexcept {
    return stamp == Stamp::of(stamp.cache) && check == check_of_head(*this);
}

void LockHead::set_boot(const std::string& text) {
    boot.fill('\0');
    text.copy(boot.data(), boot.size());
}

}  // namespace s3pipes::cache
