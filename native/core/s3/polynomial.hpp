// Remainders of polynomials over two elements: what a cyclic redundancy check is made of.
//
// All are read with the lowest bit first: bit i of a word of n bits stands for x^(n-1-i).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __clang__
#define S3PIPES_UNROLL _Pragma("clang loop unroll_count(8)")
#else
#define S3PIPES_UNROLL _Pragma("GCC unroll 8")
#endif

namespace s3pipes::crc {

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

inline std::uint64_t load_word(const char* bytes) noexcept {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

// The bare remainder, not inverted at either end, as are those of carryless.hpp.
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

}  // namespace s3pipes::crc
