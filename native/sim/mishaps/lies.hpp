// Answers that are wrong, and say so nowhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/mishaps/mishaps.hpp"
#include "sim/s3/answer.hpp"

namespace s3pipes::sim {

// An answer, and where its frame does not fit it.
struct Framed {
    Answer answer;
    std::int64_t length_by = 0;  // Content-Length is other than the body by so much
    bool of_s3 = true;           // says that S3 is its server
    bool closes = false;         // the connection ends behind it
};

// What a lie is about, for the log.
struct Told {
    std::optional<std::uint64_t> at_byte;
    std::string key;  // empty: that of the request
};

bool can_lie(const MishapRule& rule, const Answer& answer) noexcept;
Told lie(Framed& framed, const Hit& hit);

// Takes away all by which one knows S3.
void unmark(Framed& framed);

std::string header_in(const Answer& answer, std::string_view name);

}  // namespace s3pipes::sim
