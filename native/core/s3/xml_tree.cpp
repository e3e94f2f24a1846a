#include "core/s3/xml_tree.hpp"

#include <boost/property_tree/xml_parser.hpp>
#include <istream>
#include <streambuf>

#include "core/words/error.hpp"

namespace s3pipes {
namespace {

constexpr std::size_t depth_limit = 64;
constexpr std::size_t node_limit = 200'000;  // a thousand objects need about twelve thousand
constexpr std::string_view blank = " \t\r\n";

// Reads the caller's bytes where they lie.
struct ViewBuffer : std::streambuf {
    explicit ViewBuffer(std::string_view bytes) {
        char* begin = const_cast<char*>(bytes.data());  // an input buffer never writes
        setg(begin, begin, begin + bytes.size());
    }
};

[[noreturn]] void refuse(const char* why) {
    throw Error(ErrorKind::not_s3, std::string("the answer is not S3's XML: ") + why);
}

// Steps from the name of an opening tag to behind its '>', counting its attributes. True where it
// stays open.
bool pass_opening_tag(std::string_view xml, std::size_t& at, std::size_t& nodes) {
    const auto skip = [&](std::string_view set, bool of_set) {
        at = of_set ? xml.find_first_not_of(set, at) : xml.find_first_of(set, at);
        if (at == xml.npos) refuse("it ends inside a tag");
    };
    skip(" \t\r\n/>?", false);
    skip(blank, true);
    while (std::string_view("/<>=?!").find(xml[at]) == std::string_view::npos) {
        ++nodes;
        skip(" \t\r\n/<>=?!", false);
        skip(blank, true);
        if (xml[at] != '=') refuse("an attribute has no value");
        ++at;
        skip(blank, true);
        const char quote = xml[at];
        if (quote != '"' && quote != '\'') refuse("an attribute has no quotes");
        at = xml.find(quote, at + 1);
        if (at == xml.npos) refuse("it ends inside a tag");
        ++at;
        skip(blank, true);
    }
    const bool closed = xml[at] == '/';
    if (closed) ++at;
    if (at == xml.size() || xml[at] != '>') refuse("a tag does not end");
    ++at;
    return !closed;
}

// The parser calls itself for every level. This walks the same tokens without a stack, so that no
// peer can use up ours. S3 sends no document type.
void check_shape(std::string_view xml) {
    const auto behind = [&](std::string_view mark, std::size_t from) {
        const auto found = xml.find(mark, from);
        if (found == xml.npos) refuse("it ends too early");
        return found + mark.size();
    };
    if (xml.find('\0') != xml.npos) refuse("it holds a zero byte");
    std::size_t depth = 0;
    std::size_t nodes = 0;
    for (std::size_t at = xml.find('<'); at != xml.npos; at = xml.find('<', at)) {
        const auto rest = xml.substr(at);
        if (rest.starts_with("<!--")) {
            at = behind("-->", at + 4);
        } else if (rest.starts_with("<![CDATA[")) {
            at = behind("]]>", at + 9);
        } else if (rest.starts_with("<!")) {
            refuse("it has a document type");
        } else if (rest.starts_with("<?")) {
            at = behind("?>", at + 2);
        } else if (rest.starts_with("</")) {
            if (depth == 0) refuse("a tag is closed that was never opened");
            --depth;
            at = behind(">", at + 2);
        } else {
            if (pass_opening_tag(xml, ++at, ++nodes)) ++depth;
            if (depth > depth_limit) refuse("it is nested too deep");
            if (nodes > node_limit) refuse("it has too many elements");
        }
    }
    if (depth != 0) refuse("it ends too early");
}

}  // namespace

const XmlNode* XmlNode::find(std::string_view name) const noexcept {
    for (const auto& [child_name, child] : children_)
        if (child_name == name) return &child;
    return nullptr;
}

std::string_view XmlNode::text_of(std::string_view name) const noexcept {
    const XmlNode* child = find(name);
    return child ? std::string_view(child->text_) : std::string_view();
}

std::vector<XmlNode::Child>::iterator XmlNode::push_back(Child child) {
    return children_.insert(children_.end(), std::move(child));
}

void XmlNode::swap(XmlNode& other) noexcept {
    children_.swap(other.children_);
    text_.swap(other.text_);
}

XmlNode parse_xml(std::string_view xml, std::size_t limit_bytes) {
    namespace parser = boost::property_tree::xml_parser;
    if (xml.size() > limit_bytes) refuse("it is too large");
    check_shape(xml);
    ViewBuffer buffer(xml);
    std::istream stream(&buffer);
    XmlNode document;
    try {
        parser::read_xml(stream, document, parser::no_comments);
    } catch (const parser::xml_parser_error& e) {
        refuse(e.message().c_str());
    }
    return document;
}

}  // namespace s3pipes
