// XML from an untrusted peer, element by element.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace s3pipes {

// Hears of a document's elements in their order. The root is at depth 1. Whatever it throws ends
// the reading and is passed on.
class XmlVisitor {
  public:
    virtual void begins(std::size_t depth, std::string_view name) = 0;
    // `text` is that of an element without children, in UTF-8, and empty for any other. It may be
    // moved from.
    virtual void ends(std::size_t depth, std::string_view name, std::string& text) = 0;

  protected:
    ~XmlVisitor() = default;
};

enum class XmlBytes {
    as_declared,  // UTF-8 where nothing else is
    any,          // bytes that are no text are let through, each as a letter of Latin-1
};

// Throws Error{not_s3} where it is no well-formed XML, longer than `limit_bytes`, nested deeper
// than 64 levels, of more than 200 000 elements and attributes, or has a document type (and so
// entities of its own). Attributes and namespaces are passed over.
void read_xml(std::string_view xml, std::size_t limit_bytes, XmlVisitor& visitor,
              XmlBytes bytes = XmlBytes::as_declared);

}  // namespace s3pipes
