// Stand-in.
#pragma once
#include <functional>
#include <map>
#include <string>

#include "core/words/credentials.hpp"
#include "sim/s3/answer.hpp"
namespace s3pipes::sim {
using ContentSource = std::function<std::shared_ptr<const Content>(
    const std::string& bucket, const std::string& key, std::uint64_t version, std::uint64_t size)>;
struct ServiceRules {
    std::vector<Credentials> keys;
    bool check_signatures = true;
    std::string region = "us-east-1";
    std::vector<std::string> hosts;
    ContentSource content;
};
struct FamilyRules {
    std::string bucket, pattern;
    std::uint64_t count = 0, first = 0, size_bytes = 0;
    double sigma = 0;
    std::uint64_t seed = 0, version = 1;
};
class Service {
  public:
    explicit Service(ServiceRules rules) : rules_(std::move(rules)) {}
    void create_bucket(const std::string&, std::int64_t) {}
    void add_family(FamilyRules family) { families_.push_back(family); }
    Answer answer(const Request& request, std::int64_t, bool) {
        Answer answer;
        for (const auto& f : families_) {
            const auto prefix = "/" + f.bucket + "/" + f.pattern.substr(0, f.pattern.find('{'));
            if (!request.target.starts_with(prefix)) continue;
            answer.content = rules_.content(f.bucket, request.target.substr(f.bucket.size() + 2), 1,
                                            f.size_bytes);
            answer.end = f.size_bytes;
            answer.kind = Answer::Kind::object;
            answer.head = request.method == "HEAD";
            answer.prefix = prefix;
            return answer;
        }
        answer.status = 404;
        answer.text = "<Error><Code>NoSuchKey</Code></Error>";
        return answer;
    }

  private:
    ServiceRules rules_;
    std::vector<FamilyRules> families_;
};
}  // namespace s3pipes::sim
