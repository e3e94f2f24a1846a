// GET and HEAD of an object.
#include <algorithm>

#include "sim/s3/byte_range.hpp"
#include "sim/s3/checksums.hpp"
#include "sim/s3/conditions.hpp"
#include "sim/s3/dates.hpp"
#include "sim/s3/digits.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/letters.hpp"
#include "sim/s3/object_headers.hpp"
#include "sim/s3/operations.hpp"

namespace s3pipes::sim {
namespace {

// Where part `number` lies: an object that was not put in parts has one.
ByteRange range_of_part(const Object& object, std::string_view number) {
    const auto wanted = parse_number(number);
    if (!wanted || *wanted == 0 || *wanted > 10'000)
        throw Fault(code::invalid_argument,
                    "Part number must be an integer between 1 and 10000, inclusive")
            .with("ArgumentName", "partNumber")
            .with("ArgumentValue", number);
    const auto count = std::max<std::size_t>(object.parts.size(), 1);
    if (*wanted > count)
        throw Fault(code::invalid_part_number)
            .with("PartNumberRequested", number)
            .with("ActualPartCount", std::to_string(count));
    if (object.parts.empty()) return {0, object.size};
    std::uint64_t begin = 0;
    for (std::size_t i = 0; i + 1 < *wanted; ++i) begin += object.parts[i].size;
    return {begin, begin + object.parts[*wanted - 1].size};
}

// A checksum is of the whole, or of one part of a composite: of any other range S3 has none.
void answer_checksum(Headers& out, Account& account, const Object& object, bool ranged,
                     std::optional<std::string_view> part) {
    if (ranged) return;
    auto checksum = account.checksum(object);
    if (part && !object.parts.empty()) {
        if (checksum.extent != Extent::composite) return;
        checksum.value = object.parts[*parse_number(*part) - 1].checksum;
    }
    append_checksum(out, checksum);
}

// A response header holds no line break, whatever the query asks for.
void check_overrides(const Query& query) {
    for (const auto& [name, value] : query.pairs())
        if (name.starts_with("response-") && std::any_of(value.begin(), value.end(), [](char c) {
                return static_cast<unsigned char>(c) < ' ';
            }))
            throw Fault(code::invalid_argument).with("ArgumentName", name);
}

}  // namespace

Answer get_object(Account& account, const Call& call) {
    const auto object = account.object(call.bucket, call.key);
    check_overrides(call.query);
    Answer answer;
    answer.kind = Answer::Kind::object;
    if (is_not_modified(call, *object)) {
        answer.status = 304;
        answer.headers.emplace_back("Last-Modified", http_date(object->last_modified));
        answer.headers.emplace_back("ETag", object->etag);
        return answer;
    }
    const auto part = call.query.get("partNumber");
    const auto header = call.header("Range");
    if (part && header)
        throw Fault(code::invalid_request,
                    "Cannot specify both Range header and partNumber query parameter");
    std::optional<ByteRange> range;
    if (header) range = parse_range(*header, object->size);
    if (part) range = range_of_part(*object, *part);

    append_object_headers(answer.headers, *object, call.query);
    answer.content = object->content;
    answer.end = object->size;
    if (part && !object->parts.empty())
        answer.headers.emplace_back("x-amz-mp-parts-count", std::to_string(object->parts.size()));
    if (same_letters(call.header("x-amz-checksum-mode").value_or(""), "ENABLED"))
        answer_checksum(answer.headers, account, *object, header && range, part);
    if (range && !range->empty()) {
        answer.status = 206;
        answer.begin = range->begin;
        answer.end = range->end;
        answer.headers.emplace_back("Content-Range", "bytes " + std::to_string(range->begin) + "-" +
                                                         std::to_string(range->end - 1) + "/" +
                                                         std::to_string(object->size));
    }
    return answer;
}

}  // namespace s3pipes::sim
