#include "sim/s3/fault.hpp"

#include "sim/s3/xml_text.hpp"

namespace s3pipes::sim {

Fault& Fault::with(std::string_view name, std::string_view value) {
    fields_.emplace_back(name, value);
    return *this;
}

Fault& Fault::header(std::string_view name, std::string_view value) {
    headers_.emplace_back(name, value);
    return *this;
}

Answer Fault::answer(std::string_view resource, std::string_view request_id,
                     std::string_view host_id) const {
    XmlText xml;
    xml.open("Error", XmlText::Namespace::none);
    xml.element("Code", code_.name);
    xml.element("Message", message_);
    for (const auto& [name, value] : fields_) xml.element(name, value);
    xml.element("Resource", resource);
    xml.element("RequestId", request_id);
    xml.element("HostId", host_id);
    xml.close();

    Answer answer;
    answer.status = code_.status;
    answer.headers = headers_;
    answer.headers.emplace_back("Content-Type", "application/xml");
    answer.text = xml.take();
    return answer;
}

}  // namespace s3pipes::sim
