// All three are read with the lowest bit first: bit i of a word of n bits stands for x^(n-1-i).
#include "core/s3/checksum.hpp"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define S3PIPES_CARRYLESS 1
#include <immintrin.h>
#endif

#ifdef __clang__
#define S3PIPES_UNROLL _Pragma("clang loop unroll_count(8)")
#else
#define S3PIPES_UNROLL _Pragma("GCC unroll 8")
#endif

namespace s3pipes {
namespace {

template <typename Word_, Word_ bits>
struct Polynomial {
    using Word = Word_;

    static constexpr Word one = Word{1} << (8 * sizeof(Word) - 1);

    static constexpr Word times_x(Word word) noexcept {
        return static_cast<Word>((word >> 1) ^ (word & 1 ? bits : 0));
    }
    static constexpr Word times(Word a, Word b) noexcept {
        Word product = 0;
        for (Word bit = one; bit != 0; bit >>= 1, b = times_x(b))
            if (a & bit) product ^= b;
        return product;
    }
    // x to the `power`.
    static constexpr Word x_to(std::uint64_t power) noexcept {
        Word result = one, square = times_x(one);
        for (; power != 0; power >>= 1, square = times(square, square))
            if (power & 1) result = times(result, square);
        return result;
    }

    // What a byte becomes when 0 to 15 zero bytes follow it.
    using Tables = std::array<std::array<Word, 256>, 16>;
    static constexpr Tables make_tables() noexcept {
        Tables tables{};
        for (unsigned byte = 0; byte < 256; ++byte) {
            Word word = byte;
            for (int bit = 0; bit < 8; ++bit) word = times_x(word);
            tables[0][byte] = word;
        }
        for (std::size_t zeros = 1; zeros < 16; ++zeros)
            for (unsigned byte = 0; byte < 256; ++byte) {
                const Word word = tables[zeros - 1][byte];
                tables[zeros][byte] =
                    static_cast<Word>((word >> 8) ^ tables[0][static_cast<unsigned char>(word)]);
            }
        return tables;
    }
    static constexpr Tables tables = make_tables();
};

using Crc32 = Polynomial<std::uint32_t, 0xedb88320u>;
using Crc32c = Polynomial<std::uint32_t, 0x82f63b78u>;
using Crc64nvme = Polynomial<std::uint64_t, 0x9a6c9329ac4bc9b5u>;

std::uint64_t load_word(const char* bytes) noexcept {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

// These three keep the bare remainder, not inverted at either end.
template <typename P>
typename P::Word table_remainder(std::string_view bytes, typename P::Word word) noexcept {
    const auto& tables = P::tables;
    if constexpr (std::endian::native == std::endian::little) {
        for (; bytes.size() >= 16; bytes.remove_prefix(16)) {
            const auto low = load_word(bytes.data()) ^ word, high = load_word(bytes.data() + 8);
            word = 0;
            S3PIPES_UNROLL
            for (unsigned i = 0; i < 8; ++i)
                word ^=
                    tables[15 - i][(low >> (8 * i)) & 255] ^ tables[7 - i][(high >> (8 * i)) & 255];
        }
    }
    for (const char c : bytes)
        word = static_cast<typename P::Word>(
            (word >> 8) ^
            tables[0][static_cast<unsigned char>(word ^ static_cast<unsigned char>(c))]);
    return word;
}

#ifdef S3PIPES_CARRYLESS

constexpr std::size_t lanes = 8;
constexpr std::size_t lane_bytes = 16;

// x to the `power`, as half of a 128-bit factor. A product of two such is one bit short.
template <typename P>
constexpr long long factor(std::uint64_t power) noexcept {
    return static_cast<long long>(static_cast<std::uint64_t>(P::x_to(power - 1))
                                  << (64 - 8 * sizeof(typename P::Word)));
}

// Two factors that carry 16 bytes `distance` bytes ahead.
template <typename P, std::size_t distance>
__attribute__((target("pclmul,sse4.1"))) inline __m128i factors() noexcept {
    constexpr long long first = factor<P>(8 * distance + 64), second = factor<P>(8 * distance);
    return _mm_set_epi64x(second, first);
}

__attribute__((target("pclmul,sse4.1"))) inline __m128i carried(__m128i lane, __m128i by,
                                                                __m128i onto) noexcept {
    return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(lane, by, 0x00), onto),
                         _mm_clmulepi64_si128(lane, by, 0x11));
}

__attribute__((target("pclmul,sse4.1"))) inline __m128i load(std::string_view bytes,
                                                             std::size_t lane) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + lane * lane_bytes));
}

// Folds all into the 16 bytes that leave the same remainder; of those the tables take care.
template <typename P>
__attribute__((target("pclmul,sse4.1"))) typename P::Word carryless_remainder(
    std::string_view bytes, typename P::Word word) noexcept {
    __m128i sum[lanes];
    S3PIPES_UNROLL
    for (std::size_t i = 0; i < lanes; ++i) sum[i] = load(bytes, i);
    sum[0] = _mm_xor_si128(sum[0], _mm_set_epi64x(0, static_cast<long long>(word)));
    bytes.remove_prefix(lanes * lane_bytes);

    const auto far = factors<P, lanes * lane_bytes>(), near = factors<P, lane_bytes>();
    for (; bytes.size() >= lanes * lane_bytes; bytes.remove_prefix(lanes * lane_bytes)) {
        // Else the lanes would go through memory.
        S3PIPES_UNROLL
        for (std::size_t i = 0; i < lanes; ++i) sum[i] = carried(sum[i], far, load(bytes, i));
    }
    S3PIPES_UNROLL
    for (std::size_t i = 1; i < lanes; ++i) sum[0] = carried(sum[0], near, sum[i]);
    for (; bytes.size() >= lane_bytes; bytes.remove_prefix(lane_bytes))
        sum[0] = carried(sum[0], near, load(bytes, 0));

    char folded[lane_bytes];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(folded), sum[0]);
    return table_remainder<P>(bytes, table_remainder<P>({folded, lane_bytes}, 0));
}

#endif

template <typename P>
typename P::Word remainder(std::string_view bytes, typename P::Word word) noexcept {
#ifdef S3PIPES_CARRYLESS
    static const bool can = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
    if (can && bytes.size() >= lanes * lane_bytes) return carryless_remainder<P>(bytes, word);
#endif
    return table_remainder<P>(bytes, word);
}

// Inverted at both ends, so that leading zero bytes count.
template <typename P>
typename P::Word check(std::string_view bytes, typename P::Word before) noexcept {
    return static_cast<typename P::Word>(
        ~remainder<P>(bytes, static_cast<typename P::Word>(~before)));
}
template <typename P>
typename P::Word check_by_table(std::string_view bytes, typename P::Word before) noexcept {
    return static_cast<typename P::Word>(
        ~table_remainder<P>(bytes, static_cast<typename P::Word>(~before)));
}

template <typename P>
typename P::Word join(typename P::Word first, typename P::Word second,
                      std::uint64_t second_bytes) noexcept {
    // x to the 8 comes first: eight times the size of the largest object may not overflow.
    auto power = P::one;
    auto square = P::x_to(8);
    for (; second_bytes != 0; second_bytes >>= 1, square = P::times(square, square))
        if (second_bytes & 1) power = P::times(power, square);
    return P::times(first, power) ^ second;
}

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) noexcept {
    return check<Crc32>(bytes, before);
}
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) noexcept {
    return check<Crc32c>(bytes, before);
}
std::uint64_t crc64nvme(std::string_view bytes, std::uint64_t before) noexcept {
    return check<Crc64nvme>(bytes, before);
}

std::uint32_t join_crc32(std::uint32_t first, std::uint32_t second,
                         std::uint64_t second_bytes) noexcept {
    return join<Crc32>(first, second, second_bytes);
}
std::uint32_t join_crc32c(std::uint32_t first, std::uint32_t second,
                          std::uint64_t second_bytes) noexcept {
    return join<Crc32c>(first, second, second_bytes);
}
std::uint64_t join_crc64nvme(std::uint64_t first, std::uint64_t second,
                             std::uint64_t second_bytes) noexcept {
    return join<Crc64nvme>(first, second, second_bytes);
}

namespace crc {
std::uint32_t crc32_by_table(std::string_view bytes, std::uint32_t before) noexcept {
    return check_by_table<Crc32>(bytes, before);
}
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before) noexcept {
    return check_by_table<Crc32c>(bytes, before);
}
std::uint64_t crc64nvme_by_table(std::string_view bytes, std::uint64_t before) noexcept {
    return check_by_table<Crc64nvme>(bytes, before);
}
}  // namespace crc

}  // namespace s3pipes
