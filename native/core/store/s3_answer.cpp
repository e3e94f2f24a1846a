#include "core/store/s3_answer.hpp"

#include <utility>

#include "core/s3/content_range.hpp"
#include "core/s3/error_xml.hpp"
#include "core/words/printable.hpp"

namespace s3pipes {
namespace {

std::string quoted(const std::string& field) {
    return printable(field, 80);
}

}  // namespace

bool is_no_object(const ResponseHead& head) {
    const bool page = head.content_type.find("html") != std::string::npos ||
                      head.content_type.find("xml") != std::string::npos;
    // Web servers give their pages an ETag too.
    return head.etag.empty() ? page || head.request_id.empty() : page && head.request_id.empty();
}

bool speaks_against(const Error& error) noexcept {
    return error.kind == ErrorKind::checksum_mismatch || is_doubtful(error.kind);
}

Error contradiction(const ResponseHead& head, std::string message) {
    Error error(ErrorKind::bad_response, std::move(message));
    error.status = head.status;
    error.request_id = printable(head.request_id, 128);
    return error;
}

BodyPlace place_of(const GetRequest& request, const ResponseHead& head) {
    BodyPlace place;
    place.meta.etag = head.etag;
    place.meta.last_modified = parse_http_date(head.last_modified);
    if (head.status == 206) {
        const auto found = parse_content_range(head.content_range);
        if (!found || found->range.empty())
            throw contradiction(head,
                                "the answer to a ranged GET names no valid Content-Range (\"" +
                                    quoted(head.content_range) + "\")");
        if (!request.range || found->range.begin != request.range->begin ||
            found->range.end > request.range->end)
            throw contradiction(head, "the answer holds other bytes (" +
                                          quoted(head.content_range) + ") than were asked for");
        if (!found->total && !request.known_size)
            throw contradiction(head, "the answer does not tell the object's size");
        place.range = found->range;
        place.meta.size = found->total ? *found->total : *request.known_size;
        if (place.meta.size < place.range.end)
            throw contradiction(head, "the answer reaches beyond the object's " +
                                          std::to_string(place.meta.size) + " bytes");
        if (head.content_length && *head.content_length != place.range.size())
            throw contradiction(head, "Content-Length and Content-Range contradict each other");
        return place;
    }
    if (request.range && request.range->begin != 0)
        throw contradiction(head,
                            "the server ignored the Range of a request; "
                            "it cannot serve objects in chunks");
    if (head.content_length)
        place.meta.size = *head.content_length;
    else if (request.known_size)
        place.meta.size = *request.known_size;
    else
        place.sized = false;
    place.range = {0, place.meta.size};
    return place;
}

// S3 sends one with a whole object, and with a range that is exactly a part: then it is the part's,
// of whatever type that of the object is.
std::optional<ObjectChecksum> checksum_of(const ResponseHead& head, const BodyPlace& place) {
    if (head.checksum.empty() || !place.sized) return std::nullopt;
    auto found = parse_checksum(head.checksum_kind, head.checksum);
    const bool whole = place.range == ByteRange{0, place.meta.size};
    const bool composite = found && (found->parts != 0 || head.checksum_type == "COMPOSITE");
    // That of parts says it by its "-N"; of a range it could only be the whole object's.
    if (found && composite && whole != (found->parts != 0)) return std::nullopt;
    return found;
}

std::optional<std::uint64_t> size_in_refusal(const ResponseHead& head, const std::string& body) {
    if (const auto found = parse_content_range(head.content_range); found && found->range.empty())
        return found->total;
    if (const auto fault = parse_fault(body)) return fault->object_size;
    return std::nullopt;
}

}  // namespace s3pipes
