#include "sim/s3/service.hpp"

#include <optional>
#include <stdexcept>
#include <utility>

#include "core/s3/base64.hpp"
#include "core/words/error.hpp"
#include "sim/s3/account.hpp"
#include "sim/s3/call.hpp"
#include "sim/s3/digest.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/mixed.hpp"
#include "sim/s3/names.hpp"
#include "sim/s3/payload.hpp"
#include "sim/s3/routes.hpp"
#include "sim/s3/signature.hpp"

namespace s3pipes::sim {

namespace {

std::string_view resource_of(const Request& request) {
    return std::string_view(request.target).substr(0, request.target.find('?'));
}

void finish(Answer& answer, const Request& request, const std::string& request_id,
            const std::string& host_id) {
    answer.head = request.method == "HEAD";
    answer.headers.emplace_back("x-amz-request-id", request_id);
    answer.headers.emplace_back("x-amz-id-2", host_id);
}

}  // namespace

struct Service::State {
    Account account;
    SignatureCheck signatures;
    std::uint64_t requests = 0;

    // Two names for each request, as S3 gives them: the second is long.
    std::pair<std::string, std::string> next_ids() {
        constexpr char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        auto bits = mixed(++requests);
        std::string short_id(16, '0');
        for (auto& c : short_id) {
            c = digits[bits & 31];
            bits = bits >> 5 | bits << 59;
        }
        std::string bytes;
        for (std::uint64_t i = 0; i < 7; ++i) {
            const auto word = mixed(bits + i);
            bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
        }
        return {std::move(short_id), encode_base64(bytes)};
    }
};

Service::Service(ServiceRules rules) : state_(std::make_unique<State>()) {
    state_->account.rules = std::move(rules);
}
Service::~Service() = default;

void Service::create_bucket(const std::string& name, std::int64_t now_s) {
    auto& account = state_->account;
    if (!is_bucket_name(name)) throw std::invalid_argument("'" + name + "' is no bucket's name");
    if (!account.buckets.try_emplace(name, now_s, account.rules.region).second)
        throw std::invalid_argument("there is a bucket '" + name + "' already");
}

void Service::add_family(FamilyRules rules) {
    if (!is_bucket_name(rules.bucket))
        throw std::invalid_argument("'" + rules.bucket + "' is no bucket's name");
    auto& account = state_->account;
    if (!account.rules.content) throw std::invalid_argument("the content of families is missing");
    Family family(std::move(rules));
    const auto& made = family.rules();
    auto [bucket, unused] =
        account.buckets.try_emplace(made.bucket, made.last_modified, account.rules.region);
    bucket->second.add(std::move(family));
}

Answer Service::answer(const Request& request, std::int64_t now_s, bool tls) noexcept {
    const auto [request_id, host_id] = state_->next_ids();
    const auto refused = [&](const Fault& fault) {
        return fault.answer(resource_of(request), request_id, host_id);
    };
    Answer answer;
    std::string prefix;
    try {
        Call call(request, state_->account.rules, now_s, tls);
        if (!call.bucket.empty()) prefix = rate_prefix(call.bucket, call.key);
        const auto& rules = state_->account.rules;
        const bool reads = request.method == "GET" || request.method == "HEAD";
        if (rules.admits && !prefix.empty() && !rules.admits(prefix, reads))
            throw Fault(code::slow_down);
        std::optional<Seal> seal;
        if (rules.check_signatures) seal = state_->signatures.check(call, rules);
        receive_payload(call, seal ? &*seal : nullptr);
        answer = route(state_->account, call);
    } catch (const Fault& fault) {
        answer = refused(fault);
    } catch (const Error&) {  // of the XML reader
        answer = refused(Fault(code::malformed_xml));
    } catch (const std::exception&) {
        answer = refused(Fault(code::internal_error));
    }
    if (answer.prefix.empty()) answer.prefix = std::move(prefix);
    finish(answer, request, request_id, host_id);
    return answer;
}

Answer Service::refuse(const Request& request, const Fault& fault) {
    const auto [request_id, host_id] = state_->next_ids();
    Answer answer = fault.answer(resource_of(request), request_id, host_id);
    finish(answer, request, request_id, host_id);
    return answer;
}

Aim Service::aim(const Request& request, bool tls) const noexcept {
    Aim out{request.method, "", ""};
    try {
        Call call(request, state_->account.rules, 0, tls);
        out.bucket = std::move(call.bucket);
        out.key = std::move(call.key);
        if (request.method != "GET") return out;
        const auto& query = call.query;
        if (out.key.empty()) {
            const bool lists = !out.bucket.empty() && !query.has("uploads") &&
                               !query.has("location") && !query.has("versioning");
            out.method = lists ? "LIST" : "";
            out.key = query.get("prefix").value_or("");
        } else if (query.has("attributes") || query.has("uploadId")) {
            out.method.clear();
        }
    } catch (const std::exception&) {
        out.method.clear();  // it will be refused
    }
    return out;
}

std::optional<LargeSum> Service::unsummed(const Request& request, bool tls) const noexcept {
    if (!request.header("x-amz-checksum-mode") || request.header("Range")) return std::nullopt;
    if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
    const auto& account = state_->account;
    const Aim what = aim(request, tls);
    const auto bucket = account.buckets.find(what.bucket);
    if (bucket == account.buckets.end() || what.key.empty()) return std::nullopt;
    auto object = bucket->second.find(what.key, account.rules.content);
    if (!object || object->size <= LargeSum::piece_bytes || !account.wants_sum(*object)) {
        return std::nullopt;
    }
    return LargeSum(std::move(object));
}

void Service::keep_sum(LargeSum& sum) {
    state_->account.keep_sum(sum.object(), sum.finish());
}

bool Service::described(const std::string& bucket, const std::string& key) const {
    const auto found = state_->account.buckets.find(bucket);
    return found != state_->account.buckets.end() && found->second.described(key);
}

void Service::overwrite(const std::string& bucket, const std::string& key, std::int64_t now_s) {
    if (!described(bucket, key))
        throw std::invalid_argument("no object is described at '" + bucket + "/" + key + "'");
    state_->account.buckets.at(bucket).overwrite(key, now_s);
}

bool Service::has(const std::string& bucket, const std::string& key) const {
    const auto found = state_->account.buckets.find(bucket);
    return found != state_->account.buckets.end() && found->second.has(key);
}

void Service::remove(const std::string& bucket, const std::string& key) {
    const auto found = state_->account.buckets.find(bucket);
    if (found != state_->account.buckets.end()) found->second.remove(key);
}

}  // namespace s3pipes::sim
