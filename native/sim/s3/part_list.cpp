#include "sim/s3/part_list.hpp"

#include "core/s3/xml_reader.hpp"
#include "sim/s3/digits.hpp"
#include "sim/s3/fault.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::size_t limit_bytes = 8 << 20;
constexpr std::size_t most_parts = 10'000;

class PartVisitor final : public XmlVisitor {
  public:
    std::vector<WantedPart> parts;

    void begins(std::size_t depth, std::string_view name) override {
        if (depth == 1 && name != "CompleteMultipartUpload") throw Fault(code::malformed_xml);
        in_part_ = depth >= 2 && (depth > 2 ? in_part_ : name == "Part");
        if (depth == 2 && in_part_) parts.emplace_back();
    }

    void ends(std::size_t depth, std::string_view name, std::string& text) override {
        if (depth != 3 || !in_part_) return;
        auto& part = parts.back();
        if (name == "PartNumber") {
            const auto number = parse_number(text);
            if (!number) throw Fault(code::malformed_xml);
            part.number = *number;
        } else if (name == "ETag") {
            part.etag = text;
        } else {
            for (const auto algorithm : algorithms)
                if (element_of(algorithm) == name)
                    part.checksums.push_back({algorithm, Extent::full, text});
        }
    }

  private:
    bool in_part_ = false;
};

}  // namespace

std::vector<WantedPart> read_part_list(std::string_view xml) {
    PartVisitor found;
    read_xml(xml, limit_bytes, found);
    if (found.parts.empty() || found.parts.size() > most_parts) throw Fault(code::malformed_xml);
    for (const auto& part : found.parts)
        if (part.number == 0 || part.etag.empty()) throw Fault(code::malformed_xml);
    return std::move(found.parts);
}

}  // namespace s3pipes::sim
