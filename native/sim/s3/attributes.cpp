// GetObjectAttributes: what is known of an object, in XML.
#include <algorithm>

#include "sim/s3/dates.hpp"
#include "sim/s3/digits.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/letters.hpp"
#include "sim/s3/operations.hpp"
#include "sim/s3/xml_text.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::string_view known[] = {"ETag", "Checksum", "ObjectParts", "StorageClass",
                                      "ObjectSize"};
constexpr std::size_t page_limit = 1000;

std::vector<std::string_view> wanted_attributes(const Call& call) {
    std::vector<std::string_view> out;
    auto names = call.header("x-amz-object-attributes").value_or("");
    while (!names.empty()) {
        const auto comma = std::min(names.find(','), names.size());
        const auto name = trimmed(names.substr(0, comma));
        names.remove_prefix(std::min(comma + 1, names.size()));
        if (std::find(std::begin(known), std::end(known), name) == std::end(known))
            throw Fault(code::invalid_argument, "Invalid attribute name specified.")
                .with("ArgumentName", "x-amz-object-attributes")
                .with("ArgumentValue", name);
        out.push_back(name);
    }
    if (out.empty())
        throw Fault(code::invalid_request,
                    "The x-amz-object-attributes header specifying the attributes to be retrieved "
                    "is either missing or empty");
    return out;
}

std::size_t number_in(const Call& call, std::string_view header, std::size_t otherwise) {
    const auto text = call.header(header);
    if (!text) return otherwise;
    const auto number = parse_number(*text);
    if (!number)
        throw Fault(code::invalid_argument)
            .with("ArgumentName", header)
            .with("ArgumentValue", *text);
    return static_cast<std::size_t>(*number);
}

void write_parts(XmlText& xml, const Call& call, const Object& object) {
    const auto limit = std::min(number_in(call, "x-amz-max-parts", page_limit), page_limit);
    const auto marker = number_in(call, "x-amz-part-number-marker", 0);
    xml.open("ObjectParts");
    xml.element("PartsCount", object.parts.size());
    // S3 tells of single parts only where each has a checksum of its own.
    if (object.checksum.extent == Extent::composite) {
        std::vector<const Part*> page;
        bool truncated = false;
        for (const auto& part : object.parts) {
            if (part.number <= marker) continue;
            truncated = page.size() == limit;
            if (truncated) break;
            page.push_back(&part);
        }
        xml.element("PartNumberMarker", marker);
        xml.element("NextPartNumberMarker", page.empty() ? 0 : page.back()->number);
        xml.element("MaxParts", limit);
        xml.flag("IsTruncated", truncated);
        for (const auto* part : page) {
            xml.open("Part");
            xml.element("PartNumber", part->number);
            xml.element("Size", part->size);
            if (!part->checksum.empty())
                xml.element(element_of(object.checksum.algorithm), part->checksum);
            xml.close();
        }
    }
    xml.close();
}

}  // namespace

Answer object_attributes(Account& account, const Call& call) {
    const auto object = account.object(call.bucket, call.key);
    const auto wanted = wanted_attributes(call);
    const auto wants = [&](std::string_view name) {
        return std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    };
    XmlText xml;
    xml.open("GetObjectAttributesResponse", XmlText::Namespace::s3);
    if (wants("ETag")) xml.element("ETag", object->etag.substr(1, object->etag.size() - 2));
    const auto checksum = account.checksum(*object);
    if (wants("Checksum") && !checksum.value.empty()) {
        xml.open("Checksum");
        xml.element(element_of(checksum.algorithm), checksum.value);
        xml.element("ChecksumType", name_of(checksum.extent));
        xml.close();
    }
    if (wants("ObjectParts") && !object->parts.empty()) write_parts(xml, call, *object);
    if (wants("StorageClass")) xml.element("StorageClass", object->storage_class);
    if (wants("ObjectSize")) xml.element("ObjectSize", object->size);
    xml.close();
    Answer answer;
    answer.kind = Answer::Kind::object;
    answer.headers.emplace_back("Last-Modified", http_date(object->last_modified));
    answer.headers.emplace_back("Content-Type", "application/xml");
    answer.text = xml.take();
    return answer;
}

}  // namespace s3pipes::sim
