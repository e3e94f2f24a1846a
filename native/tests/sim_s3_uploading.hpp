// An upload to a simulated S3, step by step.
#pragma once

#include "core/s3/base64.hpp"
#include "sim/s3/checksums.hpp"
#include "sim_s3_rig.hpp"

namespace s3pipes::sim {

inline std::string letters(std::size_t size, char first) {
    std::string out(size, first);
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(first + i % 7);
    return out;
}

inline std::string sum(Algorithm algorithm, std::string_view bytes) {
    return encode_base64(sum_of(algorithm, bytes));
}

struct Uploading : Asked {
    std::string key = "/bucket/dir/whole";
    std::string id;
    const std::string first = letters(1000, 'a'), second = letters(1500, 'k'),
                      third = letters(10, 'x');

    static ServiceRules rules() {
        auto out = open_rules();
        out.least_part_bytes = 1000;
        return out;
    }
    Uploading() : Asked(rules()) {}

    void begin(Headers headers = {}) {
        const auto answer = ask("POST", key + "?uploads", std::move(headers));
        BOOST_TEST_REQUIRE(answer.status == 200u);
        id = element(answer.text, "UploadId");
    }
    std::string part_target(unsigned number) {
        return key + "?partNumber=" + std::to_string(number) + "&uploadId=" + id;
    }
    std::string send(unsigned number, std::string body, Headers headers = {}) {
        const auto answer = put(part_target(number), std::move(body), std::move(headers));
        BOOST_TEST_REQUIRE(answer.status == 200u);
        return header_of(answer, "ETag");
    }
    static std::string listed(unsigned number, std::string etag, std::string more = "") {
        return "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + etag +
               "</ETag>" + more + "</Part>";
    }
    Answer complete(std::string parts, Headers headers = {}) {
        return ask("POST", key + "?uploadId=" + id, std::move(headers),
                   "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" +
                       parts + "</CompleteMultipartUpload>");
    }
};

}  // namespace s3pipes::sim
