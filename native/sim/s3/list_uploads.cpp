// The parts of an upload, the uploads of a bucket.
#include <algorithm>

#include "core/s3/base64.hpp"
#include "sim/s3/dates.hpp"
#include "sim/s3/digest.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/names.hpp"
#include "sim/s3/operations.hpp"
#include "sim/s3/xml_text.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::size_t page_limit = 1000;
constexpr std::size_t largest_number = 2147483647;

void write_person(XmlText& xml, std::string_view name) {
    xml.open(name);
    xml.element("ID", Account::owner_id);
    xml.close();
}

Answer xml_answer(XmlText& xml, Answer::Kind kind) {
    Answer answer;
    answer.kind = kind;
    answer.headers.emplace_back("Content-Type", "application/xml");
    answer.text = xml.take();
    return answer;
}

// Uploads of keys with `prefix`, of which some fall under a common prefix.
struct UploadPage {
    std::vector<const Upload*> uploads;
    std::vector<std::string> prefixes;
    bool truncated = false;
    std::string last_key, last_id;
};

UploadPage page_of(const Account& account, const Call& call, std::size_t limit) {
    const auto prefix = call.query.get("prefix").value_or("");
    const auto delimiter = call.query.get("delimiter").value_or("");
    const std::string key_marker(call.query.get("key-marker").value_or(""));
    const auto id_marker = call.query.get("upload-id-marker").value_or("");
    UploadPage page;
    // With an id, what comes behind that upload of the key; else what comes behind the key.
    bool behind = key_marker.empty();
    for (const auto* upload : account.uploads.of(call.bucket)) {
        if (!upload->key.starts_with(prefix)) continue;
        if (!behind) {
            if (upload->key < key_marker) continue;
            if (upload->key == key_marker) {
                behind = !id_marker.empty() && upload->id == id_marker;
                continue;
            }
            behind = true;
        }
        const auto at =
            delimiter.empty() ? std::string::npos : upload->key.find(delimiter, prefix.size());
        const auto shared =
            at == std::string::npos ? "" : upload->key.substr(0, at + delimiter.size());
        if (!shared.empty() &&
            (shared == key_marker || (!page.prefixes.empty() && page.prefixes.back() == shared)))
            continue;
        if (page.uploads.size() + page.prefixes.size() == limit) {
            page.truncated = limit != 0;
            break;
        }
        if (shared.empty())
            page.uploads.push_back(upload);
        else
            page.prefixes.push_back(shared);
        page.last_key = shared.empty() ? upload->key : shared;
        page.last_id = shared.empty() ? upload->id : "";
    }
    return page;
}

}  // namespace

Answer list_parts(Account& account, const Call& call) {
    account.bucket(call.bucket);
    const auto& upload =
        account.uploads.find(call.bucket, call.key, call.query.get("uploadId").value_or(""));
    const auto limit =
        std::min(call.query.number("max-parts", page_limit, largest_number), page_limit);
    const auto marker = call.query.number("part-number-marker", 0, largest_number);

    XmlText xml;
    xml.open("ListPartsResult", XmlText::Namespace::s3);
    xml.element("Bucket", call.bucket);
    xml.element("Key", call.key);
    xml.element("UploadId", upload.id);
    write_person(xml, "Initiator");
    write_person(xml, "Owner");
    xml.element("StorageClass", upload.storage_class);
    if (upload.algorithm_asked) {
        xml.element("ChecksumAlgorithm", name_of(upload.algorithm));
        xml.element("ChecksumType", name_of(upload.extent));
    }
    auto part = upload.parts.upper_bound(static_cast<unsigned>(marker));
    auto end = part;
    std::size_t last = 0;
    for (std::size_t i = 0; i < limit && end != upload.parts.end(); ++i, ++end) last = end->first;
    xml.element("PartNumberMarker", marker);
    xml.element("NextPartNumberMarker", last);
    xml.element("MaxParts", limit);
    xml.flag("IsTruncated", limit != 0 && end != upload.parts.end());
    for (; part != end; ++part) {
        xml.open("Part");
        xml.element("PartNumber", part->first);
        xml.element("LastModified", iso_date(part->second.last_modified));
        xml.element("ETag", part->second.etag);
        xml.element("Size", part->second.size);
        if (upload.algorithm_asked && !part->second.sum.empty())
            xml.element(element_of(upload.algorithm), encode_base64(part->second.sum));
        xml.close();
    }
    xml.close();
    return xml_answer(xml, Answer::Kind::other);
}

Answer list_uploads(Account& account, const Call& call) {
    account.bucket(call.bucket);
    const auto limit =
        std::min(call.query.number("max-uploads", page_limit, largest_number), page_limit);
    const bool encoded = call.query.get("encoding-type") == "url";
    const auto text = [&](std::string_view name) {
        return encoded ? encode_listed(name) : std::string(name);
    };
    const auto page = page_of(account, call, limit);
    XmlText xml;
    xml.open("ListMultipartUploadsResult", XmlText::Namespace::s3);
    xml.element("Bucket", call.bucket);
    xml.element("KeyMarker", text(call.query.get("key-marker").value_or("")));
    xml.element("UploadIdMarker", call.query.get("upload-id-marker").value_or(""));
    if (page.truncated) {
        xml.element("NextKeyMarker", text(page.last_key));
        xml.element("NextUploadIdMarker", page.last_id);
    }
    if (const auto prefix = call.query.get("prefix")) xml.element("Prefix", text(*prefix));
    if (const auto delimiter = call.query.get("delimiter"))
        xml.element("Delimiter", text(*delimiter));
    if (encoded) xml.element("EncodingType", "url");
    xml.element("MaxUploads", limit);
    xml.flag("IsTruncated", page.truncated);
    for (const auto* upload : page.uploads) {
        xml.open("Upload");
        xml.element("Key", text(upload->key));
        xml.element("UploadId", upload->id);
        write_person(xml, "Initiator");
        write_person(xml, "Owner");
        xml.element("StorageClass", upload->storage_class);
        xml.element("Initiated", iso_date(upload->began));
        if (upload->algorithm_asked) {
            xml.element("ChecksumAlgorithm", name_of(upload->algorithm));
            xml.element("ChecksumType", name_of(upload->extent));
        }
        xml.close();
    }
    for (const auto& prefix : page.prefixes) {
        xml.open("CommonPrefixes");
        xml.element("Prefix", text(prefix));
        xml.close();
    }
    xml.close();
    return xml_answer(xml, Answer::Kind::list);
}

}  // namespace s3pipes::sim
