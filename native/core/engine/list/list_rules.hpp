// How much of a listing is asked for at once.
#pragma once

#include <cstddef>

namespace s3pipes::list_rules {

inline constexpr double most_in_flight = 24;
// A store that answers sooner is listed page after page.
inline constexpr double near_s = 0.005;
// Pages held or on their way: a quarter of a MiB each.
inline constexpr std::size_t most_ahead = 64;
// Of these in one piece that is not the nearest, and pieces.
inline constexpr std::size_t most_of_a_piece = 8;
inline constexpr std::size_t most_pieces = 32;
// Nothing is cut that lies so many pages away.
inline constexpr double farthest_pages = 80;
// Pages that one piece is meant to have: as many as there may be ahead for each request.
inline constexpr double pages_per_piece = 4;
// Fewer are not worth a piece of their own.
inline constexpr double least_pages = 2.5;
// Of them so many are planned: the keys do not lie so evenly that the last page were never short.
inline constexpr double filling = 0.95;
// So much farther than what was seen of a piece its density is believed.
inline constexpr double trusted_reach = 64;
// A page that takes so many times as long as others do is asked for again, but none that is here
// within the least.
inline constexpr double late_above_usual = 8;
inline constexpr double least_patience_s = 1;
inline constexpr double unknown_patience_s = 5;
inline constexpr double remembered = 1.0 / 8;

}  // namespace s3pipes::list_rules
