#include "core/s3/checksum.hpp"

#include <array>
#include <bit>

#include "core/s3/carryless.hpp"
#include "core/s3/polynomial.hpp"

namespace s3pipes {
namespace crc {

bool can(Way way) noexcept {
    switch (way) {
        case Way::tables: return true;
#ifdef S3PIPES_CARRYLESS
        case Way::narrow:
            return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
        case Way::wide:
            return can(Way::narrow) && __builtin_cpu_supports("avx2") &&
                   __builtin_cpu_supports("vpclmulqdq");
        case Way::widest: return can(Way::wide) && __builtin_cpu_supports("avx512f");
#else
        default: break;
#endif
    }
    return false;
}

namespace {

Way best() noexcept {
    static const Way found = can(Way::widest)   ? Way::widest
                             : can(Way::wide)   ? Way::wide
                             : can(Way::narrow) ? Way::narrow
                                                : Way::tables;
    return found;
}

template <typename P>
typename P::Word remainder([[maybe_unused]] Way way, std::string_view bytes,
                           typename P::Word word) noexcept {
#ifdef S3PIPES_CARRYLESS
    if (way == Way::widest && bytes.size() >= lanes * widest_bytes)
        return widest_remainder<P>(bytes, word);
    if (way >= Way::wide && bytes.size() >= lanes * wide_bytes)
        return wide_remainder<P>(bytes, word);
    if (way != Way::tables && bytes.size() >= lanes * narrow_bytes)
        return narrow_remainder<P>(bytes, word);
#endif
    return table_remainder<P>(bytes, word);
}

// Inverted at both ends, so that leading zero bytes count.
template <typename P>
typename P::Word check(Way way, std::string_view bytes, typename P::Word before) noexcept {
    return static_cast<typename P::Word>(
        ~remainder<P>(way, bytes, static_cast<typename P::Word>(~before)));
}

// x to the 8 * 2^i. Eight times the size of an object might overflow, so the 8 is in the first.
template <typename P>
constexpr std::array<typename P::Word, 64> make_squares() noexcept {
    std::array<typename P::Word, 64> squares{};
    squares[0] = P::x_to(8);
    for (std::size_t i = 1; i < squares.size(); ++i)
        squares[i] = P::times(squares[i - 1], squares[i - 1]);
    return squares;
}

template <typename P>
typename P::Word join(typename P::Word first, typename P::Word second,
                      std::uint64_t second_bytes) noexcept {
    static constexpr auto squares = make_squares<P>();
    for (; second_bytes != 0; second_bytes &= second_bytes - 1)
        first = P::times(first, squares[static_cast<std::size_t>(std::countr_zero(second_bytes))]);
    return first ^ second;
}

}  // namespace

std::uint32_t crc32(Way way, std::string_view bytes, std::uint32_t before) noexcept {
    return check<Crc32>(way, bytes, before);
}
std::uint32_t crc32c(Way way, std::string_view bytes, std::uint32_t before) noexcept {
    return check<Crc32c>(way, bytes, before);
}
std::uint64_t crc64nvme(Way way, std::string_view bytes, std::uint64_t before) noexcept {
    return check<Crc64nvme>(way, bytes, before);
}

}  // namespace crc

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) noexcept {
    return crc::crc32(crc::best(), bytes, before);
}
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) noexcept {
    return crc::crc32c(crc::best(), bytes, before);
}
std::uint64_t crc64nvme(std::string_view bytes, std::uint64_t before) noexcept {
    return crc::crc64nvme(crc::best(), bytes, before);
}

std::uint32_t join_crc32(std::uint32_t first, std::uint32_t second,
                         std::uint64_t second_bytes) noexcept {
    return crc::join<crc::Crc32>(first, second, second_bytes);
}
std::uint32_t join_crc32c(std::uint32_t first, std::uint32_t second,
                          std::uint64_t second_bytes) noexcept {
    return crc::join<crc::Crc32c>(first, second, second_bytes);
}
std::uint64_t join_crc64nvme(std::uint64_t first, std::uint64_t second,
                             std::uint64_t second_bytes) noexcept {
    return crc::join<crc::Crc64nvme>(first, second, second_bytes);
}

}  // namespace s3pipes
