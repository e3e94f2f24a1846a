// What the simulated S3 says: a request in, an answer out. It has no clock, no thread, no socket.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/s3/answer.hpp"
#include "sim/s3/family.hpp"
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

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace s3pipes::sim
