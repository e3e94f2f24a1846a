// One object becomes another; their content is one.
#include "core/s3/base64.hpp"
#include "sim/s3/checksums.hpp"
#include "sim/s3/conditions.hpp"
#include "sim/s3/copy_source.hpp"
#include "sim/s3/dates.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/names.hpp"
#include "sim/s3/object_headers.hpp"
#include "sim/s3/operations.hpp"
#include "sim/s3/xml_text.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::uint64_t largest_copy_bytes = std::uint64_t{5} << 30;

bool replaces_metadata(const Call& call) {
    const auto directive = call.header("x-amz-metadata-directive").value_or("COPY");
    if (directive == "COPY" || directive == "REPLACE") return directive == "REPLACE";
    throw Fault(code::invalid_argument, "Unknown metadata directive.")
        .with("ArgumentName", "x-amz-metadata-directive")
        .with("ArgumentValue", directive);
}

}  // namespace

Answer copy_object(Account& account, const Call& call) {
    auto& bucket = account.bucket(call.bucket);
    check_key(call.key);
    const bool replaces = replaces_metadata(call);
    const auto named = parse_copy_source(call);
    const auto source = source_of_copy(account, call);
    check_source(call, *source);
    const auto storage_class = call.header("x-amz-storage-class");
    if (named.bucket == call.bucket && named.key == call.key && !replaces && !storage_class)
        throw Fault(code::invalid_request,
                    "This copy request is illegal because it is trying to copy an object to itself "
                    "without changing the object's metadata, storage class, website redirect "
                    "location or encryption attributes.");
    if (source->size > largest_copy_bytes)
        throw Fault(code::invalid_request,
                    "The specified copy source is larger than the maximum allowable size for a "
                    "copy source: 5368709120");
    check_write(call, bucket.find(call.key, account.rules.content).get());

    auto object = std::make_shared<Object>();
    object->size = source->size;
    object->headers = replaces ? kept_headers(call) : source->headers;
    object->storage_class = storage_class.value_or("STANDARD");
    object->last_modified = call.now_s;
    object->content = source->content;
    // The copy of an object of several parts has one.
    object->etag = source->parts.empty() ? source->etag
                                         : etag_of_content(account, *source->content, source->etag);
    const auto algorithm = wanted_algorithm(call).value_or(source->checksum.algorithm);
    const auto& known = source->checksum;
    if (!known.value.empty() && known.extent == Extent::full && known.algorithm == algorithm) {
        object->checksum = known;
    } else if (account.reads(source->size)) {
        object->checksum = {algorithm, Extent::full,
                            encode_base64(sum_of(algorithm, *source->content))};
    }

    XmlText xml;
    xml.open("CopyObjectResult", XmlText::Namespace::s3);
    xml.element("LastModified", iso_date(object->last_modified));
    xml.element("ETag", object->etag);
    if (!object->checksum.value.empty()) {
        xml.element("ChecksumType", name_of(object->checksum.extent));
        xml.element(element_of(algorithm), object->checksum.value);
    }
    xml.close();
    bucket.put(call.key, std::move(object));
    Answer answer;
    answer.headers.emplace_back("x-amz-server-side-encryption", "AES256");
    answer.headers.emplace_back("Content-Type", "application/xml");
    answer.text = xml.take();
    return answer;
}

}  // namespace s3pipes::sim
