// An upload becomes an object.
#include "core/s3/base64.hpp"
#include "sim/s3/checksums.hpp"
#include "sim/s3/conditions.hpp"
#include "sim/s3/contents.hpp"
#include "sim/s3/digest.hpp"
#include "sim/s3/digits.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/letters.hpp"
#include "sim/s3/operations.hpp"
#include "sim/s3/part_list.hpp"
#include "sim/s3/xml_text.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::uint64_t largest_object = std::uint64_t{5} << 40;

std::string quoted(std::string_view etag) {
    return etag.starts_with('"') ? std::string(etag) : '"' + std::string(etag) + '"';
}

// One of the client's list, found among those uploaded.
const UploadedPart& part_of(const Upload& upload, const WantedPart& wanted) {
    const auto refuse = [&] {
        throw Fault(code::invalid_part)
            .with("UploadId", upload.id)
            .with("PartNumber", std::to_string(wanted.number))
            .with("ETag", wanted.etag);
    };
    const auto found = wanted.number > 10'000
                           ? upload.parts.end()
                           : upload.parts.find(static_cast<unsigned>(wanted.number));
    if (found == upload.parts.end() || found->second.etag != quoted(wanted.etag)) refuse();
    const auto& part = found->second;
    bool has_checksum = false;
    for (const auto& claimed : wanted.checksums) {
        if (claimed.algorithm != upload.algorithm) continue;
        has_checksum = true;
        if (!part.sum.empty() && claimed.value != encode_base64(part.sum)) refuse();
    }
    if (!has_checksum && upload.algorithm_asked && upload.extent == Extent::composite) {
        const auto name = lowered(name_of(upload.algorithm));
        throw Fault(code::invalid_request,
                    "The upload was created using a " + name +
                        " checksum. The complete request must include the checksum for each "
                        "part. It was missing for part " +
                        std::to_string(wanted.number) + " in the request.");
    }
    return part;
}

// The object's checksum, from those of its parts.
class WholeSum {
  public:
    WholeSum(Algorithm algorithm, Extent extent) : sum_{algorithm, extent, ""}, all_(algorithm) {}

    void add(const UploadedPart& part) {
        known_ = known_ && !part.sum.empty();
        if (!known_) return;
        ++count_;
        if (sum_.extent == Extent::composite)
            all_.add(part.sum);
        else
            joined_ =
                count_ == 1 ? part.sum : joined_sums(sum_.algorithm, joined_, part.sum, part.size);
    }

    Checksum finish() {
        if (!known_) return sum_;
        const bool composite = sum_.extent == Extent::composite;
        sum_.value = encode_base64(composite ? all_.finish() : joined_);
        if (composite) sum_.value += "-" + std::to_string(count_);
        return sum_;
    }

  private:
    Checksum sum_;
    Summing all_;
    std::string joined_;
    std::size_t count_ = 0;
    bool known_ = true;
};

// The parts in their order; refused in the order in which S3 looks: at the list, for the parts, at
// their sizes.
std::vector<const UploadedPart*> parts_of(const Upload& upload,
                                          const std::vector<WantedPart>& wanted,
                                          std::uint64_t least_bytes) {
    for (std::size_t i = 1; i < wanted.size(); ++i)
        if (wanted[i].number <= wanted[i - 1].number)
            throw Fault(code::invalid_part_order).with("UploadId", upload.id);
    std::vector<const UploadedPart*> parts;
    for (const auto& one : wanted) parts.push_back(&part_of(upload, one));
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
        if (parts[i]->size < least_bytes)
            throw Fault(code::entity_too_small)
                .with("ProposedSize", std::to_string(parts[i]->size))
                .with("MinSizeAllowed", std::to_string(least_bytes))
                .with("PartNumber", std::to_string(wanted[i].number))
                .with("ETag", parts[i]->etag);
    return parts;
}

std::shared_ptr<Object> assemble(const Account& account, const Upload& upload,
                                 const std::vector<WantedPart>& wanted) {
    const auto parts = parts_of(upload, wanted, account.rules.least_part_bytes);
    auto object = std::make_shared<Object>();
    std::vector<std::shared_ptr<const Content>> contents;
    Hash md5(Hash::Kind::md5);
    WholeSum sum(upload.algorithm, upload.extent);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto& part = *parts[i];
        for (std::size_t at = 1; at + 1 < part.etag.size(); at += 2)
            md5.add(
                std::string(1, static_cast<char>(std::stoi(part.etag.substr(at, 2), nullptr, 16))));
        sum.add(part);
        contents.push_back(part.content);
        object->size += part.size;
        object->parts.push_back({static_cast<unsigned>(wanted[i].number), part.size,
                                 part.sum.empty() ? "" : encode_base64(part.sum)});
    }
    if (object->size > largest_object) throw Fault(code::entity_too_large);
    object->etag = '"' + hex(md5.finish()) + "-" + std::to_string(wanted.size()) + '"';
    object->checksum = sum.finish();
    object->headers = upload.headers;
    object->storage_class = upload.storage_class;
    object->content = std::make_shared<JoinedContent>(std::move(contents));
    return object;
}

// What the client says of the whole.
void check_claims(const Call& call, const Object& object) {
    const auto size = call.header("x-amz-mp-object-size");
    if (size && parse_number(*size) != object.size)
        throw Fault(code::invalid_request,
                    "The provided 'x-amz-mp-object-size' header does not match what was computed.");
    const auto type = call.header("x-amz-checksum-type");
    if (type && *type != name_of(object.checksum.extent))
        throw Fault(code::invalid_request, "Value for x-amz-checksum-type header is invalid.");
    const auto claimed = claimed_checksum(call);
    if (!claimed || object.checksum.value.empty()) return;
    const bool same_kind = claimed->algorithm == object.checksum.algorithm;
    // A composite may be claimed with its "-N" or without.
    auto value = object.checksum.value;
    if (value.find('-') != value.npos && claimed->value.find('-') == claimed->value.npos)
        value.resize(value.find('-'));
    if (!same_kind || claimed->value != value)
        throw Fault(code::bad_digest, "The " + std::string(name_of(claimed->algorithm)) +
                                          " you specified did not match the calculated checksum.");
}

}  // namespace

Answer complete_upload(Account& account, const Call& call) {
    auto& bucket = account.bucket(call.bucket);
    const std::string id(call.query.get("uploadId").value_or(""));
    auto& upload = account.uploads.find(call.bucket, call.key, id);
    auto object = assemble(account, upload, read_part_list(call.body));
    check_claims(call, *object);
    check_write(call, bucket.find(call.key, account.rules.content).get());
    object->last_modified = call.now_s;

    XmlText xml;
    xml.open("CompleteMultipartUploadResult", XmlText::Namespace::s3);
    xml.element("Location", std::string(call.tls ? "https://" : "http://") +
                                std::string(call.host) + std::string(call.raw_path));
    xml.element("Bucket", call.bucket);
    xml.element("Key", call.key);
    xml.element("ETag", object->etag);
    if (!object->checksum.value.empty()) {
        xml.element(element_of(object->checksum.algorithm), object->checksum.value);
        xml.element("ChecksumType", name_of(object->checksum.extent));
    }
    xml.close();
    Answer answer;
    answer.headers.emplace_back("x-amz-server-side-encryption", "AES256");
    answer.headers.emplace_back("Content-Type", "application/xml");
    answer.text = xml.take();
    account.uploads.end(id);
    bucket.put(call.key, std::move(object));
    return answer;
}

}  // namespace s3pipes::sim
