// Many keys deleted by one request.
#include "core/s3/xml_reader.hpp"
#include "sim/s3/checksums.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/operations.hpp"
#include "sim/s3/xml_text.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::size_t limit_bytes = 4 << 20;
constexpr std::size_t most_keys = 1000;

struct Doomed {
    std::string key, version;
};

class DeleteVisitor final : public XmlVisitor {
  public:
    std::vector<Doomed> objects;
    bool quiet = false;

    void begins(std::size_t depth, std::string_view name) override {
        if (depth == 1 && name != "Delete") throw Fault(code::malformed_xml);
        if (depth == 2) in_object_ = name == "Object";
        if (depth == 2 && in_object_) objects.emplace_back();
    }

    void ends(std::size_t depth, std::string_view name, std::string& text) override {
        if (depth == 2 && name == "Quiet") quiet = text == "true";
        if (depth != 3 || !in_object_) return;
        if (name == "Key") objects.back().key = std::move(text);
        if (name == "VersionId") objects.back().version = std::move(text);
    }

  private:
    bool in_object_ = false;
};

void write_error(XmlText& xml, const Doomed& object, const Code& code) {
    xml.open("Error");
    xml.element("Key", object.key);
    if (!object.version.empty()) xml.element("VersionId", object.version);
    xml.element("Code", code.name);
    xml.element("Message", code.message);
    xml.close();
}

}  // namespace

Answer delete_objects(Account& account, const Call& call) {
    auto& bucket = account.bucket(call.bucket);
    const auto claimed = claimed_checksum(call);
    if (!claimed && !call.header("Content-MD5"))
        throw Fault(code::invalid_request, "Missing required header for this request: Content-MD5");
    verify_body(call, claimed);
    DeleteVisitor wanted;
    read_xml(call.body, limit_bytes, wanted);
    if (wanted.objects.empty() || wanted.objects.size() > most_keys)
        throw Fault(code::malformed_xml);
    for (const auto& object : wanted.objects)
        if (object.key.empty()) throw Fault(code::malformed_xml);

    XmlText xml;
    xml.open("DeleteResult", XmlText::Namespace::s3);
    for (const auto& object : wanted.objects) {
        if (!object.version.empty() && object.version != "null") {
            write_error(xml, object, code::no_such_version);
            continue;
        }
        bucket.remove(object.key);
        if (wanted.quiet) continue;
        xml.open("Deleted");
        xml.element("Key", object.key);
        if (!object.version.empty()) xml.element("VersionId", object.version);
        xml.close();
    }
    xml.close();
    Answer answer;
    answer.headers.emplace_back("Content-Type", "application/xml");
    answer.text = xml.take();
    return answer;
}

}  // namespace s3pipes::sim
