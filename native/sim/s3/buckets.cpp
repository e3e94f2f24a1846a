// What is asked of buckets as such.
#include "core/s3/xml_reader.hpp"
#include "sim/s3/dates.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/names.hpp"
#include "sim/s3/operations.hpp"
#include "sim/s3/xml_text.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::string_view first_region = "us-east-1";  // the one that has no name of its own

Answer xml_answer(XmlText& xml) {
    Answer answer;
    answer.headers.emplace_back("Content-Type", "application/xml");
    answer.text = xml.take();
    return answer;
}

class LocationVisitor final : public XmlVisitor {
  public:
    std::string location;
    bool known = false;

    void begins(std::size_t depth, std::string_view name) override {
        if (depth == 1) known = name == "CreateBucketConfiguration";
    }
    void ends(std::size_t depth, std::string_view name, std::string& text) override {
        if (depth == 2 && name == "LocationConstraint") location = text;
    }
};

}  // namespace

Answer list_buckets(Account& account, const Call&) {
    XmlText xml;
    xml.open("ListAllMyBucketsResult", XmlText::Namespace::s3);
    xml.open("Owner");
    xml.element("ID", Account::owner_id);
    xml.close();
    xml.open("Buckets");
    for (const auto& [name, bucket] : account.buckets) {
        xml.open("Bucket");
        xml.element("Name", name);
        xml.element("CreationDate", iso_date(bucket.created()));
        xml.close();
    }
    xml.close();
    xml.close();
    return xml_answer(xml);
}

Answer create_bucket(Account& account, const Call& call) {
    if (!is_bucket_name(call.bucket))
        throw Fault(code::invalid_bucket_name).with("BucketName", call.bucket);
    std::string region(first_region);
    if (!call.body.empty()) {
        LocationVisitor found;
        read_xml(call.body, 64 << 10, found);
        if (!found.known) throw Fault(code::malformed_xml);
        if (!found.location.empty()) region = found.location;
    }
    if (region != account.rules.region)
        throw Fault(code::illegal_location, "The " + region +
                                                " location constraint is incompatible for the "
                                                "region specific endpoint this request was sent "
                                                "to.");
    const bool is_new = account.buckets.try_emplace(call.bucket, call.now_s, region).second;
    // The oldest region says yes again.
    if (!is_new && region != first_region)
        throw Fault(code::bucket_owned).with("BucketName", call.bucket);
    Answer answer;
    answer.headers.emplace_back("Location", "/" + call.bucket);
    return answer;
}

Answer delete_bucket(Account& account, const Call& call) {
    if (!account.bucket(call.bucket).empty())
        throw Fault(code::bucket_not_empty).with("BucketName", call.bucket);
    account.buckets.erase(call.bucket);
    account.uploads.end_all(call.bucket);
    Answer answer;
    answer.status = 204;
    return answer;
}

Answer head_bucket(Account& account, const Call& call) {
    const auto& bucket = account.bucket(call.bucket);
    Answer answer;
    answer.headers.emplace_back("x-amz-bucket-region", bucket.region());
    answer.headers.emplace_back("x-amz-access-point-alias", "false");
    answer.headers.emplace_back("Content-Type", "application/xml");
    return answer;
}

Answer bucket_location(Account& account, const Call& call) {
    const auto& region = account.bucket(call.bucket).region();
    XmlText xml;
    xml.open("LocationConstraint", XmlText::Namespace::s3);
    xml.text(region == first_region ? "" : region);
    xml.close();
    return xml_answer(xml);
}

Answer bucket_versioning(Account& account, const Call& call) {
    account.bucket(call.bucket);
    XmlText xml;
    xml.open("VersioningConfiguration", XmlText::Namespace::s3);
    xml.close();
    return xml_answer(xml);
}

}  // namespace s3pipes::sim
