#include "sim/s3/call.hpp"

#include <algorithm>

#include "sim/s3/fault.hpp"
#include "sim/s3/letters.hpp"

namespace s3pipes::sim {
namespace {

// The path of "http://host/path", as a proxy is asked for it.
std::string_view without_origin(std::string_view target) {
    const auto scheme = target.find("://");
    if (target.starts_with('/') || scheme == target.npos) return target;
    const auto slash = target.find('/', scheme + 3);
    return slash == target.npos ? std::string_view("/") : target.substr(slash);
}

// The bucket in "bucket.s3.test:9000"; empty where the host names none.
std::string bucket_of(std::string_view host, const std::vector<std::string>& hosts) {
    if (!host.starts_with('[')) host = host.substr(0, host.find(':'));
    const auto name = lowered(host);
    for (const auto& base : hosts) {
        if (name.size() <= base.size() + 1 || !name.ends_with(lowered(base))) continue;
        const auto size = name.size() - base.size() - 1;
        if (name[size] == '.') return name.substr(0, size);
    }
    return {};
}

}  // namespace

Call::Call(const Request& request_, const ServiceRules& rules, std::int64_t now, bool over_tls)
    : request(request_),
      now_s(now),
      tls(over_tls),
      host(trimmed(request_.header("host").value_or(""))),
      body(request_.body) {
    const auto target = without_origin(request.target);
    const auto question = std::min(target.find('?'), target.size());
    raw_path = target.substr(0, question);
    query = Query(target.substr(std::min(question + 1, target.size())));
    if (!raw_path.starts_with('/')) throw Fault(code::invalid_uri);
    auto path = std::string_view(raw_path).substr(1);
    bucket = bucket_of(host, rules.hosts);
    if (bucket.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        bucket = decode_percent(path.substr(0, slash));
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    key = decode_percent(path);
}

std::optional<std::string_view> Call::header(std::string_view name) const noexcept {
    if (const auto found = request.header(name)) return trimmed(*found);
    for (const auto& [key_, value] : trailers)
        if (same_letters(key_, name)) return std::string_view(value);
    return std::nullopt;
}

}  // namespace s3pipes::sim
