#include "sim/s3/xml_text.hpp"

#include <algorithm>
#include <charconv>

#include "sim/s3/utf8.hpp"

namespace s3pipes::sim {

XmlText::XmlText() : text_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

void XmlText::open(std::string_view name, Namespace space) {
    text_.append("<").append(name);
    if (space == Namespace::s3) text_ += " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
    text_ += '>';
    open_.push_back(name);
}

void XmlText::close() {
    text_.append("</").append(open_.back()).append(">");
    open_.pop_back();
}

void XmlText::element(std::string_view name, std::string_view text) {
    if (text.empty()) {
        text_.append("<").append(name).append("></").append(name).append(">");
        return;
    }
    text_.append("<").append(name).append(">");
    escape(text);
    text_.append("</").append(name).append(">");
}

void XmlText::element(std::string_view name, std::uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    element(name, std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

void XmlText::flag(std::string_view name, bool value) {
    element(name, value ? std::string_view("true") : std::string_view("false"));
}

void XmlText::escape(std::string_view text) {
    constexpr auto plain = [](char c) {
        return c >= ' ' && c < '\x7f' && c != '&' && c != '<' && c != '>' && c != '"';
    };
    if (std::all_of(text.begin(), text.end(), plain)) {
        text_ += text;
        return;
    }
    const bool readable = is_utf8(text);  // else it is only quoted, and what is no letter is '?'
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        switch (c) {
            case '&': text_ += "&amp;"; break;
            case '<': text_ += "&lt;"; break;
            case '>': text_ += "&gt;"; break;
            case '"': text_ += "&quot;"; break;
            default:
                // S3 writes such references though XML 1.0 has no such characters: that is what
                // encoding-type=url is for.
                if (byte < 0x20 && c != '\t' && c != '\n') {
                    constexpr char digits[] = "0123456789abcdef";
                    text_ += "&#x";
                    if (byte >= 16) text_ += '1';
                    text_ += digits[byte & 15];
                    text_ += ';';
                } else {
                    text_ += byte < 0x80 || readable ? c : '?';
                }
        }
    }
}

}  // namespace s3pipes::sim
