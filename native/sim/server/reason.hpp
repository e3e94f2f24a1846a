// The words behind a status, which nobody reads.
#pragma once

#include <boost/beast/http/status.hpp>
#include <string_view>

namespace s3pipes::sim {

inline std::string_view reason(unsigned status) noexcept {
    const auto text =
        boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
    return {text.data(), text.size()};
}

}  // namespace s3pipes::sim
