// ListObjectsV2, and ListObjects before it.
#include <algorithm>

#include "core/s3/base64.hpp"
#include "sim/s3/dates.hpp"
#include "sim/s3/digest.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/listing.hpp"
#include "sim/s3/mixed.hpp"
#include "sim/s3/names.hpp"
#include "sim/s3/operations.hpp"
#include "sim/s3/xml_text.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::size_t largest_max_keys = 2147483647;

// A token is opaque to the client, and one that S3 did not give is refused.
std::string token_stamp(std::string_view position) {
    std::uint64_t hash = position.size();
    for (const char c : position) hash = mixed(hash ^ static_cast<unsigned char>(c));
    return {reinterpret_cast<const char*>(&hash), sizeof hash};
}

std::string token_of(std::string_view position) {
    return encode_base64(token_stamp(position).append(position));
}

std::string position_of(std::string_view token) {
    const auto bytes = decode_base64(token);
    constexpr std::size_t stamp_bytes = sizeof(std::uint64_t);
    if (!bytes || bytes->size() <= stamp_bytes ||
        token_stamp(bytes->substr(stamp_bytes)) != bytes->substr(0, stamp_bytes))
        throw Fault(code::invalid_argument, "The continuation token provided is incorrect")
            .with("ArgumentName", "continuation-token");
    return bytes->substr(stamp_bytes);
}

// What both versions share.
class Page {
  public:
    Page(Account& account, const Call& call) : call_(call), bucket_(account.bucket(call.bucket)) {
        const auto encoding = call.query.get("encoding-type").value_or("");
        if (!encoding.empty() && encoding != "url")
            throw Fault(code::invalid_argument, "Invalid Encoding Method specified in Request")
                .with("ArgumentName", "encoding-type")
                .with("ArgumentValue", encoding);
        encoded_ = !encoding.empty();
        question_.prefix = call.query.get("prefix").value_or("");
        question_.delimiter = call.query.get("delimiter").value_or("");
        const auto page_limit = account.rules.page_limit;
        const auto wanted = call.query.number("max-keys", page_limit, largest_max_keys);
        question_.limit = std::min(wanted, page_limit);
        xml_.open("ListBucketResult", XmlText::Namespace::s3);
        xml_.element("Name", call.bucket);
        xml_.element("Prefix", text(question_.prefix));
    }

    void look_after(std::string position) {
        question_.after = std::move(position);
        page_ = list_page(bucket_, question_);
    }

    const ListPage& page() const { return page_; }
    XmlText& xml() { return xml_; }
    std::string text(std::string_view name) const {
        return encoded_ ? encode_listed(name) : std::string(name);
    }

    void write_question() {
        xml_.element("MaxKeys", question_.limit);
        if (!question_.delimiter.empty()) xml_.element("Delimiter", text(question_.delimiter));
        if (encoded_) xml_.element("EncodingType", "url");
        xml_.flag("IsTruncated", page_.truncated);
    }

    Answer write_found(bool with_owner) {
        std::int64_t dated = -1;  // most are of the same second
        std::string date;
        for (const auto& [key, object] : page_.objects) {
            if (object.last_modified != dated) date = iso_date(dated = object.last_modified);
            xml_.open("Contents");
            xml_.element("Key", text(key));
            xml_.element("LastModified", date);
            xml_.element("ETag", object.etag);
            if (!object.checksum.value.empty()) {
                xml_.element("ChecksumAlgorithm", name_of(object.checksum.algorithm));
                xml_.element("ChecksumType", name_of(object.checksum.extent));
            }
            xml_.element("Size", object.size);
            if (with_owner) {
                xml_.open("Owner");
                xml_.element("ID", Account::owner_id);
                xml_.close();
            }
            xml_.element("StorageClass", object.storage_class);
            xml_.close();
        }
        for (const auto& prefix : page_.prefixes) {
            xml_.open("CommonPrefixes");
            xml_.element("Prefix", text(prefix));
            xml_.close();
        }
        xml_.close();
        Answer answer;
        answer.kind = Answer::Kind::list;
        answer.prefix = rate_prefix(call_.bucket, question_.prefix);
        answer.headers.emplace_back("x-amz-bucket-region", bucket_.region());
        answer.headers.emplace_back("Content-Type", "application/xml");
        answer.text = xml_.take();
        return answer;
    }

  private:
    const Call& call_;
    const Bucket& bucket_;
    ListQuestion question_;
    ListPage page_;
    bool encoded_ = false;
    XmlText xml_;
};

}  // namespace

Answer list_objects_v1(Account& account, const Call& call) {
    Page page(account, call);
    const std::string marker(call.query.get("marker").value_or(""));
    page.look_after(marker);
    page.xml().element("Marker", page.text(marker));
    // Without a delimiter the last key serves as well.
    if (page.page().truncated && call.query.has("delimiter"))
        page.xml().element("NextMarker", page.text(page.page().last));
    page.write_question();
    return page.write_found(true);
}

Answer list_objects_v2(Account& account, const Call& call) {
    Page page(account, call);
    const auto token = call.query.get("continuation-token");
    const std::string start_after(call.query.get("start-after").value_or(""));
    page.look_after(token ? position_of(*token) : start_after);
    if (!start_after.empty()) page.xml().element("StartAfter", page.text(start_after));
    if (token) page.xml().element("ContinuationToken", *token);
    if (page.page().truncated)
        page.xml().element("NextContinuationToken", token_of(page.page().last));
    page.xml().element("KeyCount", page.page().objects.size() + page.page().prefixes.size());
    page.write_question();
    return page.write_found(call.query.get("fetch-owner") == "true");
}

}  // namespace s3pipes::sim
