// The words behind the program's name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/physics/settings.hpp"
#include "sim/program/objects.hpp"

namespace s3pipes::sim {

struct Options {
    Settings settings;
    std::uint64_t seed = 0;
    std::vector<Objects> objects;
    std::vector<std::string> buckets;  // empty ones
    unsigned addresses = 1;
    std::uint16_t port = 0;                  // 0: a free one
    std::string certificate_file, key_file;  // empty: no TLS
    std::vector<std::string> hosts;          // behind a bucket's name
    bool anonymous = false;                  // signatures are not looked at

    // Throws std::invalid_argument.
    static Options parse(std::span<char* const> words);
};

// "name=value"
void set(Settings& settings, std::string_view assignment);

}  // namespace s3pipes::sim
