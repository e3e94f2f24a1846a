// Remainders by the processor's multiplication of polynomials, where it has one.
#pragma once

#include <string_view>

#include "core/s3/polynomial.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#define S3PIPES_CARRYLESS 1
#include <immintrin.h>

#define S3PIPES_NARROW __attribute__((target("pclmul,sse4.1")))
#define S3PIPES_WIDE __attribute__((target("vpclmulqdq,avx2,pclmul,sse4.1")))
#define S3PIPES_WIDEST __attribute__((target("vpclmulqdq,avx512f,avx2,pclmul,sse4.1")))

namespace s3pipes::crc {

// So many sums at once: one after the other they would wait for each product.
inline constexpr std::size_t lanes = 8;
inline constexpr std::size_t narrow_bytes = 16, wide_bytes = 32, widest_bytes = 64;

// x to the `power`, as half of a 128-bit factor. A product of two such is one bit short.
template <typename P>
constexpr long long factor(std::uint64_t power) noexcept {
    return static_cast<long long>(static_cast<std::uint64_t>(P::x_to(power - 1))
                                  << (64 - 8 * sizeof(typename P::Word)));
}

// Two factors that carry 16 bytes `distance` bytes ahead.
template <typename P, std::size_t distance>
S3PIPES_NARROW inline __m128i factors() noexcept {
    constexpr long long first = factor<P>(8 * distance + 64), second = factor<P>(8 * distance);
    return _mm_set_epi64x(second, first);
}

// For each of four lanes. By numbers, for gcc 12 warns of its own way to repeat an __m128i.
template <typename P, std::size_t distance>
S3PIPES_WIDEST inline __m512i widest_factors() noexcept {
    constexpr long long first = factor<P>(8 * distance + 64), second = factor<P>(8 * distance);
    return _mm512_set4_epi64(second, first, second, first);
}

S3PIPES_NARROW inline __m128i carried(__m128i lane, __m128i by, __m128i onto) noexcept {
    return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(lane, by, 0x00), onto),
                         _mm_clmulepi64_si128(lane, by, 0x11));
}
S3PIPES_WIDE inline __m256i carried(__m256i lane, __m256i by, __m256i onto) noexcept {
    return _mm256_xor_si256(_mm256_xor_si256(_mm256_clmulepi64_epi128(lane, by, 0x00), onto),
                            _mm256_clmulepi64_epi128(lane, by, 0x11));
}
// Both sums in one instruction: 0x96 is the table of their truth.
S3PIPES_WIDEST inline __m512i carried(__m512i lane, __m512i by, __m512i onto) noexcept {
    return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(lane, by, 0x00), onto,
                                     _mm512_clmulepi64_epi128(lane, by, 0x11), 0x96);
}

S3PIPES_NARROW inline __m128i load_narrow(const char* bytes) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}
S3PIPES_WIDE inline __m256i load_wide(const char* bytes) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
}
S3PIPES_WIDEST inline __m512i load_widest(const char* bytes) noexcept {
    return _mm512_loadu_si512(bytes);
}

// Folds the rest into the 16 bytes that leave the same remainder; of those the tables take care.
template <typename P>
S3PIPES_NARROW inline typename P::Word rest_remainder(__m128i sum,
                                                      std::string_view bytes) noexcept {
    const auto near = factors<P, narrow_bytes>();
    for (; bytes.size() >= narrow_bytes; bytes.remove_prefix(narrow_bytes))
        sum = carried(sum, near, load_narrow(bytes.data()));
    char folded[narrow_bytes];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(folded), sum);
    return table_remainder<P>(bytes, table_remainder<P>({folded, narrow_bytes}, 0));
}

// Of at least lanes * narrow_bytes.
template <typename P>
S3PIPES_NARROW typename P::Word narrow_remainder(std::string_view bytes,
                                                 typename P::Word word) noexcept {
    constexpr std::size_t stride = lanes * narrow_bytes;
    __m128i sum[lanes];
    S3PIPES_UNROLL
    for (std::size_t i = 0; i < lanes; ++i) sum[i] = load_narrow(bytes.data() + i * narrow_bytes);
    sum[0] = _mm_xor_si128(sum[0], _mm_set_epi64x(0, static_cast<long long>(word)));
    bytes.remove_prefix(stride);

    const auto far = factors<P, stride>(), near = factors<P, narrow_bytes>();
    for (; bytes.size() >= stride; bytes.remove_prefix(stride)) {
        // Else the lanes would go through memory.
        S3PIPES_UNROLL
        for (std::size_t i = 0; i < lanes; ++i)
            sum[i] = carried(sum[i], far, load_narrow(bytes.data() + i * narrow_bytes));
    }
    S3PIPES_UNROLL
    for (std::size_t i = 1; i < lanes; ++i) sum[0] = carried(sum[0], near, sum[i]);
    return rest_remainder<P>(sum[0], bytes);
}

// Of at least lanes * wide_bytes: the same, two lanes with each instruction.
template <typename P>
S3PIPES_WIDE typename P::Word wide_remainder(std::string_view bytes,
                                             typename P::Word word) noexcept {
    constexpr std::size_t stride = lanes * wide_bytes;
    __m256i sum[lanes];
    S3PIPES_UNROLL
    for (std::size_t i = 0; i < lanes; ++i) sum[i] = load_wide(bytes.data() + i * wide_bytes);
    sum[0] = _mm256_xor_si256(sum[0], _mm256_set_epi64x(0, 0, 0, static_cast<long long>(word)));
    bytes.remove_prefix(stride);

    const auto far = _mm256_broadcastsi128_si256(factors<P, stride>());
    const auto near = _mm256_broadcastsi128_si256(factors<P, wide_bytes>());
    for (; bytes.size() >= stride; bytes.remove_prefix(stride)) {
        S3PIPES_UNROLL
        for (std::size_t i = 0; i < lanes; ++i)
            sum[i] = carried(sum[i], far, load_wide(bytes.data() + i * wide_bytes));
    }
    S3PIPES_UNROLL
    for (std::size_t i = 1; i < lanes; ++i) sum[0] = carried(sum[0], near, sum[i]);
    const __m128i folded = carried(_mm256_castsi256_si128(sum[0]), factors<P, narrow_bytes>(),
                                   _mm256_extracti128_si256(sum[0], 1));
    return rest_remainder<P>(folded, bytes);
}

// Of at least lanes * widest_bytes: the same again, four with each instruction.
template <typename P>
S3PIPES_WIDEST typename P::Word widest_remainder(std::string_view bytes,
                                                 typename P::Word word) noexcept {
    constexpr std::size_t stride = lanes * widest_bytes;
    __m512i sum[lanes];
    S3PIPES_UNROLL
    for (std::size_t i = 0; i < lanes; ++i) sum[i] = load_widest(bytes.data() + i * widest_bytes);
    const __m512i before = _mm512_set_epi64(0, 0, 0, 0, 0, 0, 0, static_cast<long long>(word));
    sum[0] = _mm512_xor_si512(sum[0], before);
    bytes.remove_prefix(stride);

    const auto far = widest_factors<P, stride>(), near = widest_factors<P, widest_bytes>();
    for (; bytes.size() >= stride; bytes.remove_prefix(stride)) {
        S3PIPES_UNROLL
        for (std::size_t i = 0; i < lanes; ++i)
            sum[i] = carried(sum[i], far, load_widest(bytes.data() + i * widest_bytes));
    }
    S3PIPES_UNROLL
    for (std::size_t i = 1; i < lanes; ++i) sum[0] = carried(sum[0], near, sum[i]);
    char lane[widest_bytes];
    _mm512_storeu_si512(lane, sum[0]);
    const auto next = factors<P, narrow_bytes>();
    __m128i folded = load_narrow(lane);
    for (std::size_t i = narrow_bytes; i < widest_bytes; i += narrow_bytes)
        folded = carried(folded, next, load_narrow(lane + i));
    return rest_remainder<P>(folded, bytes);
}

}  // namespace s3pipes::crc

#endif
