// What one simulated S3 is like.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/words/credentials.hpp"
#include "sim/s3/object.hpp"

namespace s3pipes::sim {

struct ServiceRules {
    std::vector<Credentials> keys;  // each lets in; its token must be sent where it has one
    bool check_signatures = true;   // else everybody is let in
    std::string region = "us-east-1";
    // "s3.test": a request for the host "bucket.s3.test" is one for that bucket. A request for any
    // other host has its bucket in the path.
    std::vector<std::string> hosts;
    std::size_t page_limit = 1000;                            // keys of a list's page
    std::uint64_t least_part_bytes = std::uint64_t{5} << 20;  // of an upload, but the last
    // Checksums (and ETags of parts) of computed bytes are computed up to this size; of larger
    // objects none is told.
    std::uint64_t computed_checksum_bytes = std::uint64_t{256} << 20;
    // The same of those that are larger, where there is time to do it piece by piece (LargeSum).
    std::uint64_t stepwise_checksum_bytes = std::uint64_t{16} << 30;
    // What session tokens begin with, before the second since 1970 at which they expire; empty:
    // there are none.
    std::string session_mark;
    ContentSource content;  // of computed objects
    // Whether a prefix is asked no more often than it may be; else nothing is done. Empty: it never
    // is.
    std::function<bool(std::string_view prefix, bool reads)> admits;
};

}  // namespace s3pipes::sim
