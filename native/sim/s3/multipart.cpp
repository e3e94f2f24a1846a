// Multipart uploads: begun, filled, given up. Their completion has a file of its own.
#include <algorithm>

#include "core/s3/base64.hpp"
#include "core/words/object.hpp"
#include "sim/s3/checksums.hpp"
#include "sim/s3/conditions.hpp"
#include "sim/s3/contents.hpp"
#include "sim/s3/copy_source.hpp"
#include "sim/s3/dates.hpp"
#include "sim/s3/digest.hpp"
#include "sim/s3/digits.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/letters.hpp"
#include "sim/s3/names.hpp"
#include "sim/s3/object_headers.hpp"
#include "sim/s3/operations.hpp"
#include "sim/s3/xml_text.hpp"

namespace s3pipes::sim {
namespace {

constexpr unsigned most_parts = 10'000;
constexpr std::uint64_t largest_part_bytes = std::uint64_t{5} << 30;

Extent extent_of(const Call& call, Algorithm algorithm) {
    const bool crc64 = algorithm == Algorithm::crc64nvme;
    const auto asked = call.header("x-amz-checksum-type");
    if (!asked) return crc64 ? Extent::full : Extent::composite;
    const bool full = *asked == name_of(Extent::full);
    if (!full && *asked != name_of(Extent::composite))
        throw Fault(code::invalid_request, "Value for x-amz-checksum-type header is invalid.");
    if ((full && !is_crc(algorithm)) || (!full && crc64))
        throw Fault(code::invalid_request,
                    "The " + std::string(*asked) + " checksum type cannot be used with the " +
                        lowered(name_of(algorithm)) + " checksum algorithm.");
    return full ? Extent::full : Extent::composite;
}

unsigned part_number(const Call& call) {
    const auto text = call.query.get("partNumber").value_or("");
    const auto number = parse_number(text);
    if (!number || *number == 0 || *number > most_parts)
        throw Fault(code::invalid_argument,
                    "Part number must be an integer between 1 and 10000, inclusive")
            .with("ArgumentName", "partNumber")
            .with("ArgumentValue", text);
    return static_cast<unsigned>(*number);
}

Upload& upload_of(Account& account, const Call& call) {
    account.bucket(call.bucket);
    return account.uploads.find(call.bucket, call.key, call.query.get("uploadId").value_or(""));
}

// "bytes=0-99", and nothing less: S3 wants both ends, and both inside the source.
ByteRange copied_range(std::string_view header, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    const auto dash = std::min(header.find('-'), header.size());
    const bool has_unit = header.starts_with(unit) && dash > unit.size() && dash < header.size();
    const auto first =
        has_unit ? parse_number(header.substr(unit.size(), dash - unit.size())) : std::nullopt;
    const auto last = has_unit ? parse_number(header.substr(dash + 1)) : std::nullopt;
    if (!first || !last || *last < *first)
        throw Fault(code::invalid_argument,
                    "The x-amz-copy-source-range value must be of the form bytes=first-last where "
                    "first and last are the zero-based offsets of the first and last bytes to "
                    "copy")
            .with("ArgumentName", "x-amz-copy-source-range")
            .with("ArgumentValue", header);
    if (*last >= size)
        throw Fault(
            code::invalid_argument,
            "Range specified is not valid for source object of size: " + std::to_string(size))
            .with("ArgumentName", "x-amz-copy-source-range")
            .with("ArgumentValue", header);
    return {*first, *last + 1};
}

}  // namespace

Answer create_upload(Account& account, const Call& call) {
    account.bucket(call.bucket);
    check_key(call.key);
    Upload upload;
    upload.bucket = call.bucket;
    upload.key = call.key;
    upload.began = call.now_s;
    upload.headers = kept_headers(call);
    upload.storage_class = call.header("x-amz-storage-class").value_or("STANDARD");
    const auto algorithm = wanted_algorithm(call);
    upload.algorithm_asked = algorithm.has_value();
    upload.algorithm = algorithm.value_or(Algorithm::crc64nvme);
    upload.extent = extent_of(call, upload.algorithm);
    const auto& begun = account.uploads.begin(std::move(upload));

    XmlText xml;
    xml.open("InitiateMultipartUploadResult", XmlText::Namespace::s3);
    xml.element("Bucket", call.bucket);
    xml.element("Key", call.key);
    xml.element("UploadId", begun.id);
    xml.close();
    Answer answer;
    answer.headers.emplace_back("x-amz-server-side-encryption", "AES256");
    if (begun.algorithm_asked) {
        answer.headers.emplace_back("x-amz-checksum-algorithm", name_of(begun.algorithm));
        answer.headers.emplace_back("x-amz-checksum-type", name_of(begun.extent));
    }
    answer.headers.emplace_back("Content-Type", "application/xml");
    answer.text = xml.take();
    return answer;
}

Answer upload_part(Account& account, const Call& call) {
    const auto number = part_number(call);
    auto& upload = upload_of(account, call);
    const auto claimed = claimed_checksum(call);
    if (claimed && upload.algorithm_asked && claimed->algorithm != upload.algorithm)
        throw Fault(code::invalid_request,
                    "Checksum Type mismatch occurred, expected checksum "
                    "Type: " +
                        lowered(name_of(upload.algorithm)) +
                        ", actual checksum Type: " + lowered(name_of(claimed->algorithm)));
    verify_body(call, claimed);
    UploadedPart part;
    part.size = call.body.size();
    part.etag = '"' + hex(digest_of(Hash::Kind::md5, call.body)) + '"';
    part.last_modified = call.now_s;
    part.sum = claimed && claimed->algorithm == upload.algorithm
                   ? decode_base64(claimed->value).value_or("")
                   : sum_of(upload.algorithm, call.body);
    part.content = std::make_shared<KeptContent>(std::string(call.body));

    Answer answer;
    answer.headers.emplace_back("x-amz-server-side-encryption", "AES256");
    answer.headers.emplace_back("ETag", part.etag);
    if (claimed)
        answer.headers.emplace_back(header_of(claimed->algorithm), claimed->value);
    else if (upload.algorithm_asked)
        answer.headers.emplace_back(header_of(upload.algorithm), encode_base64(part.sum));
    upload.parts[number] = std::move(part);
    return answer;
}

Answer upload_part_copy(Account& account, const Call& call) {
    const auto number = part_number(call);
    auto& upload = upload_of(account, call);
    const auto source = source_of_copy(account, call);
    check_source(call, *source);
    ByteRange range{0, source->size};
    if (const auto header = call.header("x-amz-copy-source-range"))
        range = copied_range(*header, source->size);
    if (range.size() > largest_part_bytes)
        throw Fault(code::invalid_request,
                    "The specified copy source is larger than the maximum allowable size for a "
                    "copy source: 5368709120");
    UploadedPart part;
    part.size = range.size();
    part.content = source->content;
    if (range.size() != source->size)
        part.content = std::make_shared<SliceContent>(source->content, range.begin, range.end);
    part.etag = etag_of_content(account, *part.content, source->etag);
    part.last_modified = call.now_s;
    if (account.reads(part.size)) part.sum = sum_of(upload.algorithm, *part.content);

    XmlText xml;
    xml.open("CopyPartResult", XmlText::Namespace::s3);
    xml.element("LastModified", iso_date(part.last_modified));
    xml.element("ETag", part.etag);
    if (upload.algorithm_asked && !part.sum.empty())
        xml.element(element_of(upload.algorithm), encode_base64(part.sum));
    xml.close();
    upload.parts[number] = std::move(part);
    Answer answer;
    answer.headers.emplace_back("x-amz-server-side-encryption", "AES256");
    answer.headers.emplace_back("Content-Type", "application/xml");
    answer.text = xml.take();
    return answer;
}

Answer abort_upload(Account& account, const Call& call) {
    account.uploads.end(std::string(upload_of(account, call).id));
    Answer answer;
    answer.status = 204;
    return answer;
}

}  // namespace s3pipes::sim
