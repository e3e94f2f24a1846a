// Pages of a listing that are wrong.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sim/mishaps/mishaps.hpp"

namespace s3pipes::sim {

std::size_t keys_on(std::string_view page) noexcept;

// Makes the page wrong as the hit says, and returns the key that it is about, as the page writes
// it: of a page with enough keys (one; to reorder, two).
std::string spoil_page(std::string& page, const Hit& hit);

}  // namespace s3pipes::sim
