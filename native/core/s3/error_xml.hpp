// The body of an S3 error answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace s3pipes {

struct S3Fault {
    std::string code;                          // never empty
    std::string message;                       // S3's words; one line, printable
    std::string request_id;                    // empty where missing
    std::string region;                        // empty where missing
    std::optional<std::uint64_t> object_size;  // where a range could not be had
};

// nullopt where the body is not S3's XML. Reads only these fields: the others quote the
// caller's signature and access key.
std::optional<S3Fault> parse_fault(std::string_view body);

}  // namespace s3pipes
