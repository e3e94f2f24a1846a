#include "core/s3/xml_reader.hpp"

#include <expat.h>

#include <exception>
#include <memory>
#include <new>
#include <type_traits>

#include "core/words/error.hpp"

namespace s3pipes {
namespace {

constexpr std::size_t depth_limit = 64;
constexpr std::size_t node_limit = 200'000;  // a thousand objects need about twelve thousand

[[noreturn]] void refuse(const char* why) {
    throw Error(ErrorKind::not_s3, std::string("the answer is not S3's XML: ") + why);
}

class Reader {
  public:
    Reader(XmlVisitor& visitor, XmlBytes bytes)
        : visitor_(visitor),
          parser_(XML_ParserCreate(bytes == XmlBytes::any ? "ISO-8859-1" : nullptr)) {
        if (!parser_) throw std::bad_alloc();
        XML_SetUserData(parser_.get(), this);
        XML_SetElementHandler(parser_.get(), begins, ends);
        XML_SetCharacterDataHandler(parser_.get(), text);
        XML_SetStartDoctypeDeclHandler(parser_.get(), document_type);
    }

    void read(std::string_view xml) {
        const auto status =
            XML_Parse(parser_.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE);
        if (failed_) std::rethrow_exception(failed_);
        if (status != XML_STATUS_OK) refuse(XML_ErrorString(XML_GetErrorCode(parser_.get())));
    }

  private:
    struct Free {
        void operator()(XML_Parser parser) const noexcept { XML_ParserFree(parser); }
    };

    // No exception may pass through a C library; and after a stop it may call once more.
    template <typename Step>
    static void guarded(void* self, Step step) noexcept {
        auto& reader = *static_cast<Reader*>(self);
        if (reader.failed_) return;
        try {
            step(reader);
        } catch (...) {
            reader.failed_ = std::current_exception();
            XML_StopParser(reader.parser_.get(), XML_FALSE);
        }
    }

    static void begins(void* self, const XML_Char* name, const XML_Char** attributes) {
        guarded(self, [&](Reader& reader) {
            if (++reader.depth_ > depth_limit) refuse("it is nested too deep");
            ++reader.nodes_;
            for (; *attributes != nullptr; attributes += 2) ++reader.nodes_;
            if (reader.nodes_ > node_limit) refuse("it has too many elements");
            reader.text_.clear();
            reader.leaf_ = true;
            reader.visitor_.begins(reader.depth_, name);
        });
    }

    static void ends(void* self, const XML_Char* name) {
        guarded(self, [&](Reader& reader) {
            if (!reader.leaf_) reader.text_.clear();
            reader.leaf_ = false;
            reader.visitor_.ends(reader.depth_--, name, reader.text_);
        });
    }

    static void text(void* self, const XML_Char* bytes, int size) {
        guarded(self, [&](Reader& reader) {
            if (reader.leaf_) reader.text_.append(bytes, static_cast<std::size_t>(size));
        });
    }

    static void document_type(void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
        guarded(self, [](Reader&) { refuse("it has a document type"); });
    }

    XmlVisitor& visitor_;
    const std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free> parser_;
    std::exception_ptr failed_;
    std::size_t depth_ = 0;
    std::size_t nodes_ = 0;
    bool leaf_ = false;  // no child yet
    std::string text_;
};

}  // namespace

void read_xml(std::string_view xml, std::size_t limit_bytes, XmlVisitor& visitor, XmlBytes bytes) {
    if (xml.size() > limit_bytes) refuse("it is too large");
    Reader(visitor, bytes).read(xml);
}

}  // namespace s3pipes
