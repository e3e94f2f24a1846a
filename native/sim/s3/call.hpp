// One request, understood: for whom, for what, with which bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/s3/query.hpp"
#include "sim/s3/request.hpp"
#include "sim/s3/rules.hpp"

namespace s3pipes::sim {

struct Call {
    // Throws InvalidURI. `request` outlives it.
    Call(const Request& request_, const ServiceRules& rules, std::int64_t now, bool over_tls);

    const Request& request;
    std::int64_t now_s;
    bool tls;
    std::string_view host;      // as the header has it
    std::string_view raw_path;  // as sent, still encoded
    Query query;
    std::string bucket;  // empty where the account is meant
    std::string key;     // empty where the bucket is meant

    // What was sent, without the frame of aws-chunked; and the trailers behind it.
    std::string_view body;
    std::string unframed;
    Headers trailers;

    // A header, or a trailer.
    std::optional<std::string_view> header(std::string_view name) const noexcept;
};

}  // namespace s3pipes::sim
