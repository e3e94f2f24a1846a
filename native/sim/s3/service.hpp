// What the simulated S3 says: a request in, an answer out. It has no clock, no thread, no socket.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sim/s3/aim.hpp"
#include "sim/s3/answer.hpp"
#include "sim/s3/family.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/large_sum.hpp"
#include "sim/s3/request.hpp"
#include "sim/s3/rules.hpp"

namespace s3pipes::sim {

// Called by one thread at a time.
class Service {
  public:
    explicit Service(ServiceRules rules);
    ~Service();

    // Throws std::invalid_argument where S3 allows no such name, or has it already.
    void create_bucket(const std::string& name, std::int64_t now_s);
    // Its bucket is made where there is none.
    void add_family(FamilyRules family);

    // Never throws: what cannot be done is an answer too.
    Answer answer(const Request& request, std::int64_t now_s, bool tls) noexcept;
    // That answer instead, whatever the request is and whoever sent it.
    Answer refuse(const Request& request, const Fault& fault);
    Aim aim(const Request& request, bool tls) const noexcept;

    // Where the answer would tell the checksum of a large object that nobody knows yet: what
    // computes it. Whoever goes on with it to its end keeps it; else the answer tells none, or
    // takes long.
    std::optional<LargeSum> unsummed(const Request& request, bool tls) const noexcept;
    void keep_sum(LargeSum& sum);

    // Whether it is computed, and no other was put in its place.
    bool described(const std::string& bucket, const std::string& key) const;
    // It gets the bytes, the ETag and the date of its next version. Throws std::invalid_argument
    // where no object is described there.
    void overwrite(const std::string& bucket, const std::string& key, std::int64_t now_s);
    bool has(const std::string& bucket, const std::string& key) const;
    void remove(const std::string& bucket, const std::string& key);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace s3pipes::sim
