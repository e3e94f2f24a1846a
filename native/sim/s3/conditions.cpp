#include "sim/s3/conditions.hpp"

#include <algorithm>
#include <string>

#include "core/s3/timestamp.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/letters.hpp"

namespace s3pipes::sim {
namespace {

std::string_view bare(std::string_view etag) {
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
        return etag.substr(1, etag.size() - 2);
    return etag;
}

// One of a list of ETags, quoted or not, or "*".
bool names(std::string_view list, std::string_view etag) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        const auto one = trimmed(list.substr(0, comma));
        if (one == "*" || bare(one) == bare(etag)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

[[noreturn]] void fail(std::string_view header) {
    throw Fault(code::precondition_failed).with("Condition", header);
}

struct Verdicts {
    std::string match_name, unmodified_name, none_match_name, modified_name;
    bool must_match = false, matches = false;
    bool must_differ = false, differs = false;
    bool too_new = false, too_old = false;

    Verdicts(const Call& call, const Object& object, const std::string& prefix)
        : match_name(prefix + "If-Match"),
          unmodified_name(prefix + "If-Unmodified-Since"),
          none_match_name(prefix + "If-None-Match"),
          modified_name(prefix + "If-Modified-Since") {
        if (const auto list = call.header(match_name)) {
            must_match = true;
            matches = names(*list, object.etag);
        }
        if (const auto list = call.header(none_match_name)) {
            must_differ = true;
            differs = !names(*list, object.etag);
        }
        // A date that is none does not count.
        const auto date = [&](const std::string& name) {
            const auto text = call.header(name);
            const auto as_http = text ? parse_http_date(*text) : 0;
            return text && as_http == 0 ? parse_iso8601(*text) : as_http;
        };
        const auto not_after = date(unmodified_name), after = date(modified_name);
        too_new = not_after != 0 && object.last_modified > not_after;
        too_old = after != 0 && object.last_modified <= after;
    }

    // An ETag says more than a date: where both are given, it alone decides.
    void check_same() const {
        if (must_match && !matches) fail(match_name);
        if (!must_match && too_new) fail(unmodified_name);
    }
    bool is_known() const { return must_differ ? !differs : too_old; }
};

}  // namespace

bool is_not_modified(const Call& call, const Object& object) {
    const Verdicts verdicts(call, object, "");
    verdicts.check_same();
    return verdicts.is_known();
}

void check_source(const Call& call, const Object& object) {
    const Verdicts verdicts(call, object, "x-amz-copy-source-");
    verdicts.check_same();
    if (verdicts.is_known())
        fail(verdicts.must_differ ? verdicts.none_match_name : verdicts.modified_name);
}

void check_write(const Call& call, const Object* object) {
    if (const auto list = call.header("If-None-Match")) {
        if (*list != "*")
            throw Fault(code::not_implemented)
                .with("Header", "If-None-Match")
                .with("additionalMessage",
                      "We don't accept the provided value of If-None-Match header for this API");
        if (object) fail("If-None-Match");
    }
    if (const auto list = call.header("If-Match")) {
        if (!object) throw Fault(code::no_such_key).with("Key", call.key);
        if (!names(*list, object->etag)) fail("If-Match");
    }
}

}  // namespace s3pipes::sim
