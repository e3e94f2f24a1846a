// One request as it came from the wire, its body read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace s3pipes::sim {

using Headers = std::vector<std::pair<std::string, std::string>>;  // as sent, in their order

struct Request {
    std::string method;
    std::string target;  // path and query, still percent-encoded
    Headers headers;
    std::string body;

    // Of the first header of that name, whatever its case.
    std::optional<std::string_view> header(std::string_view name) const noexcept;
};

}  // namespace s3pipes::sim
