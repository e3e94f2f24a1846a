// XML from an untrusted peer, as a tree.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace s3pipes {

// An element. Boost's parser fills it in place of its own property tree, whose index of every level
// makes a listing twice as dear; key_type, data, push_back, swap and both constructors are
// what it asks for.
class XmlNode {
  public:
    using key_type = std::string;
    using Child = std::pair<std::string, XmlNode>;  // name, element

    XmlNode() = default;
    explicit XmlNode(std::string text) : text_(std::move(text)) {}

    const std::vector<Child>& children() const noexcept { return children_; }
    const std::string& text() const noexcept { return text_; }

    const XmlNode* find(std::string_view name) const noexcept;       // the first, or nullptr
    std::string_view text_of(std::string_view name) const noexcept;  // "" where there is none

    std::string& data() noexcept { return text_; }
    std::vector<Child>::iterator push_back(Child child);
    void swap(XmlNode& other) noexcept;

  private:
    std::vector<Child> children_;  // attributes: the child "<xmlattr>"
    std::string text_;
};

// The document: a node without text whose child is the root element. Throws Error{not_s3} where
// `xml` is larger than `limit_bytes`, nested deeper than 64 elements, has more than 200 000
// elements and attributes or a document type, or is not well-formed.
XmlNode parse_xml(std::string_view xml, std::size_t limit_bytes);

}  // namespace s3pipes
