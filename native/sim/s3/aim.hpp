// What a request is for, before anything is done about it.
#pragma once

#include <string>

namespace s3pipes::sim {

struct Aim {
    std::string method;  // "LIST" where a page of a listing is; "GET" only where an object is
    std::string bucket;
    std::string key;  // of a listing: its prefix
};

}  // namespace s3pipes::sim
