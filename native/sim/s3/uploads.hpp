// Multipart uploads under way.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/s3/object.hpp"

namespace s3pipes::sim {

struct UploadedPart {
    std::uint64_t size = 0;
    std::string etag;  // quotes included
    std::int64_t last_modified = 0;
    std::string sum;  // bare bytes, by the upload's algorithm; empty where unknown
    std::shared_ptr<const Content> content;
};

struct Upload {
    std::string bucket, key, id;
    std::uint64_t number = 0;  // the how many-th it is
    std::int64_t began = 0;
    Headers headers;
    std::string storage_class;
    Algorithm algorithm = Algorithm::crc64nvme;
    Extent extent = Extent::full;
    bool algorithm_asked = false;  // else S3 chose it
    std::map<unsigned, UploadedPart> parts;
};

class Uploads {
  public:
    Upload& begin(Upload upload);
    // Throws NoSuchUpload, also where it is another key's.
    Upload& find(const std::string& bucket, const std::string& key, std::string_view id);
    void end(const std::string& id);
    void end_all(const std::string& bucket);
    // Of a bucket: by key, and the older first.
    std::vector<const Upload*> of(const std::string& bucket) const;

  private:
    std::map<std::string, Upload, std::less<>> uploads_;
    std::uint64_t begun_ = 0;
};

}  // namespace s3pipes::sim
