// Signature Version 4, seen from the side that checks it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sim/s3/call.hpp"

namespace s3pipes::sim {

// What a request was signed with: its chunks go on from there.
struct Seal {
    std::string key;        // the signing key, of this day and region
    std::string timestamp;  // "20130524T000000Z"
    std::string scope;      // "20130524/us-east-1/s3/aws4_request"
    std::string signature;  // hexadecimal
    std::string payload;    // the value of x-amz-content-sha256
};

std::string seal_signature(const Seal& seal, std::string_view string_to_sign);

class SignatureCheck {
  public:
    // Throws AccessDenied where nobody signed, and S3's fault for whatever else is wrong.
    Seal check(const Call& call, const ServiceRules& rules);

  private:
    const std::string& signing_key(const Credentials& credentials, const std::string& day,
                                   const std::string& region);

    std::map<std::string, std::string> keys_;  // of "access key/day/region"
};

}  // namespace s3pipes::sim
